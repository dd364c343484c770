// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz/posternd_with_puppets.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "daemon/acceptor/proxy_environment.h"
#include "sandbox/channel.h"
#include "sandbox/sys/process.h"
#include "wrapper/launch/launch_plan.h"

namespace postern::fuzz {

namespace sys = sandbox::sys;

namespace {

constexpr std::size_t kTlsWorkers = 2;

template <typename Value>
Value Must(sys::Result<Value> result) {
  if (!result) {
    std::cerr << result.error().ToString() << '\n';
    std::abort();
  }
  return std::move(*result);
}

void Require(bool condition) {
  if (!condition) std::abort();
}

void RequirePlain(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    Require(word.find('=') != std::string::npos && word.find('=') != 0);
    for (const char byte : word) Require(byte >= ' ' && byte <= '~');
  }
}

sandbox::Launcher& TheLauncher() {
  // Whatever started this may have left its numbers open.
  static const auto kLauncher = [] {
    Require(sys::CloseFrom(sandbox::Launcher::kReportDescriptor).has_value());
    return Must(sandbox::Launcher::Make());
  }();
  return *kLauncher;
}

policy::IpAddress Address(const char* text) { return *policy::IpAddress::Parse(text); }

sys::SocketAddress Inet(const char* text, std::uint16_t port) {
  return sys::SocketAddress::Inet(Address(text).bytes(), port, true);
}

policy::ServiceSpec Program(const std::string& id) {
  policy::ServiceSpec spec;
  spec.id = spec.name = id;
  spec.program.path = "/bin/true";
  spec.program.argv = {"true"};
  policy::Confinement none;
  none.profile = policy::SandboxProfile::kNone;
  spec.confinement = std::make_shared<const policy::Confinement>(std::move(none));
  return spec;
}

policy::ServiceSpec Internal(const std::string& id, policy::Builtin builtin) {
  policy::ServiceSpec spec = Program(id);
  spec.kind = policy::ServiceKind::kInternal;
  spec.builtin = builtin;
  return spec;
}

policy::ServiceSpec WithTls(policy::ServiceSpec spec,
                            std::optional<policy::StartTls> starttls = std::nullopt) {
  auto tls = std::make_shared<policy::TlsSpec>();
  tls->pairs = {{{"/dev/null"}, {"/dev/null"}}};
  tls->verify = policy::TlsVerify::kRequest;
  tls->starttls = starttls;
  spec.tls = std::move(tls);
  return spec;
}

}  // namespace

PosterndWithPuppets::PosterndWithPuppets()
    : launcher_(TheLauncher()),
      log_(Must(daemon::ProgramLog::Open({.file = folder_ / "program"}))),
      logs_(*log_, "posternd", folder_ / "no-syslog"),
      loop_(Must(daemon::EventLoop::Make())),
      hosts_files_{{folder_ / "hosts.allow", folder_ / "hosts.deny"}},
      admission_(*loop_, *log_, hosts_files_, std::nullopt),
      relay_(*loop_, *log_, PuppetCommand()),
      lookup_(*loop_, *log_, PuppetCommand()),
      tls_(*loop_, *log_, {PuppetCommand(), PuppetCommand()}, /*secret=*/0),
      sessions_(std::make_unique<daemon::Sessions>(*loop_, *log_, launcher_, relay_, lookup_, tls_,
                                                   admission_)) {
  tls_.SetAnswers(*sessions_);
  tls_.SetWorkers(kTlsWorkers);
  Require(sessions_->Prepare().has_value());
  relay_.Start(*sessions_);
  tls_.Start();
  MakeServices();
  ServeClients();
  AwaitPuppets();
  for (std::size_t role = 0; role < kRoles; ++role) {
    Say(static_cast<Role>(role), daemon::AsFrame(daemon::AnswerReady{}), false);
  }
  Turn();
}

PosterndWithPuppets::~PosterndWithPuppets() {
  sessions_->Abandon();
  relay_.Stop();
  lookup_.Stop();
  tls_.Stop();
  sessions_.reset();
  puppets_ = {};
  clients_.clear();
  while (::waitpid(-1, nullptr, 0) > 0) {
  }
}

std::shared_ptr<daemon::Service> PosterndWithPuppets::Make(policy::ServiceSpec spec) {
  spec.log.kind = policy::LogKind::kFile;
  spec.log.file = folder_ / "service";
  spec.log_on_success.host = spec.log_on_success.exit = spec.log_on_success.traffic = true;
  daemon::Service::Definition definition;
  definition.log = logs_.Acquire(spec, {});
  definition.plan = wrapper::MakeLaunchPlan(spec, wrapper::ReadInherited());
  if (spec.tls) {
    daemon::TlsSetup setup;
    setup.service = spec.id;
    setup.spec = *spec.tls;
    const auto open = [] { return sys::UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); };
    setup.pairs.push_back({open(), open(), {}});
    definition.tls = tls_.Add(std::move(setup));
  }
  definition.spec = std::make_shared<const policy::ServiceSpec>(std::move(spec));
  services_.push_back(std::make_shared<daemon::Service>(*loop_, arrivals_, std::move(definition)));
  return services_.back();
}

void PosterndWithPuppets::MakeServices() {
  Make(Internal("echo", policy::Builtin::kEcho));
  policy::ServiceSpec greeted = Internal("greeted", policy::Builtin::kEcho);
  greeted.banners.on_success = "/etc/hostname";
  Make(std::move(greeted));
  Make(Internal("mux", policy::Builtin::kTcpmux));
  policy::ServiceSpec asked = Program("asked");
  asked.log_on_success.user_id = true;
  Make(std::move(asked));
  policy::ServiceSpec behind = Program("behind");
  policy::Confinement relayed = *behind.confinement;
  relayed.network = policy::NetworkAccess::kRelay;
  behind.confinement = std::make_shared<const policy::Confinement>(std::move(relayed));
  Make(std::move(behind));
  Make(WithTls(Program("tls")));
  Make(WithTls(Program("starttls"), policy::StartTls::kSmtp));
  policy::ServiceSpec proxied = Program("proxied");
  proxied.program.path = "/bin/cat";  // there is time to look at its environment
  proxied.program.argv = {"cat"};
  std::vector<policy::AddressWord> words;
  words.push_back(*policy::ParseAddressWord("127.0.0.1", {}, {}));
  proxied.proxy_from = std::make_shared<policy::AccessList>(std::move(words));
  Make(std::move(proxied));
  Make(WithTls(Internal("tls-echo", policy::Builtin::kEcho)));
  Make(WithTls(Internal("tls-mux", policy::Builtin::kTcpmux)));
  sessions_->SetMuxTargets({{1, services_[3]}, {2, services_[5]}});
}

void PosterndWithPuppets::ServeClients() {
  const wrapper::Connection ends{Inet("127.0.0.1", 4000), Inet("127.0.0.1", 25)};
  std::uint32_t source = 0x7f000001;
  for (const auto& service : services_) {
    const policy::Endpoint peer{policy::IpAddress::FromV4(source++), 4000};
    int pair[2];
    Require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    clients_.emplace_back(pair[0]);
    sys::UniqueFd accepted(pair[1]);
    if (service->spec().proxy_from) {
      sessions_->AwaitProxyHeader(service, std::move(accepted), ends);
    } else {
      sessions_->Serve(service, std::move(accepted), peer, {}, ends);
    }
  }
  for (const auto& worker : tls_.workers()) Require(worker->sessions() != 0);
}

// One that an earlier instance has left behind is nobody's.
void PosterndWithPuppets::AwaitPuppets() {
  const auto& workers = tls_.workers();
  const std::array<pid_t, kRoles> pids{relay_.pid(),          lookup_.pid(),
                                       workers[0]->tls_pid(), workers[0]->keys_pid(),
                                       workers[1]->tls_pid(), workers[1]->keys_pid()};
  for (std::size_t hired = 0; hired < kRoles;) {
    Puppet puppet = AwaitPuppet();
    const auto found = std::ranges::find(pids, puppet.pid);
    if (found == pids.end()) continue;
    puppets_[static_cast<std::size_t>(found - pids.begin())] = std::move(puppet);
    ++hired;
  }
}

Role PosterndWithPuppets::TlsOf(daemon::SessionId session) const {
  return tls_.workers()[1]->Has(session) ? Role::kOtherTls : Role::kTls;
}

void PosterndWithPuppets::Say(Role role, std::span<const std::byte> frame, bool with_descriptor) {
  const int lent = 0;
  sys::IgnoreError(sandbox::SendFrame(puppets_[static_cast<std::size_t>(role)].channel, frame,
                                      std::span(&lent, with_descriptor ? 1 : 0)),
                   "a helper that was given up has nobody to talk to");
}

void PosterndWithPuppets::WriteAsClient(std::size_t which) {
  const ssize_t sent = ::send(clients_[which].get(), "x\r\n", 3, MSG_NOSIGNAL | MSG_DONTWAIT);
  Require(sent <= 3);
}

void PosterndWithPuppets::LeaveAsClient(std::size_t which) { clients_[which].Reset(); }

void PosterndWithPuppets::RetireService(std::size_t which) {
  services_[which % services_.size()]->Retire();
}

void PosterndWithPuppets::Turn() {
  bool over = false;
  loop_->After(std::chrono::milliseconds(0), [&over] { over = true; });
  while (!over) Require(loop_->Turn().has_value());
}

void PosterndWithPuppets::CheckBooks() const {
  const auto findings = daemon::FindInconsistencies(services_, *sessions_, admission_);
  for (const std::string& finding : findings) std::cerr << finding << '\n';
  Require(findings.empty());
  sessions_->ForEach([](const daemon::Session& session) {
    if (session.told) RequirePlain(daemon::ProxyEnvironment(*session.told));
    RequirePlain(session.tls_words);
  });
}

}  // namespace postern::fuzz
