// SPDX-License-Identifier: BSD-2-Clause
// postern profile: serves one service for a while, has it learned, and prints the lines that allow
// it what it did. Exit 0, 1 when nobody connected, 2 when nothing could be learned.
//
// posternd serves (posternd --learn), as a child that ends with us; what was learned comes to us in
// a pipe, from the service's user, who may have it from clients. We become that user before we look
// at it.
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "policy/base/text.h"
#include "policy/service/configuration.h"
#include "sandbox/confine/credentials.h"
#include "sandbox/learn/learned.h"
#include "sandbox/read_program.h"
#include "sandbox/sys/events.h"
#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"
#include "wrapper/cli/daemon_program.h"
#include "wrapper/cli/proposal.h"
#include "wrapper/cli/verb.h"
#include "wrapper/config/file_choice.h"
#include "wrapper/config/system_view.h"

namespace postern::cli {

namespace sys = sandbox::sys;

namespace {

using Spec = std::shared_ptr<const policy::ServiceSpec>;

std::string Address(const policy::ServiceSpec& spec) {
  const policy::ListenAddress& listen = spec.listen;
  if (listen.family == policy::Family::kUnix) return listen.unix_path;
  const std::string host = listen.address ? listen.address->ToString() : "every address";
  const bool datagrams = spec.socket_type == policy::SocketType::kDgram;
  return host + ", port " + std::to_string(listen.port) + (datagrams ? " (UDP)" : "");
}

Subject SubjectOf(const policy::ServiceSpec& spec) {
  Subject subject;
  subject.service = spec.id;
  subject.programs = {spec.program.path};
  if (spec.wrapped) subject.programs.push_back(spec.wrapped->path);
  subject.root_user = spec.program.credentials.uid == 0;
  const policy::Confinement& confinement = *spec.confinement;
  subject.relay = confinement.network == policy::NetworkAccess::kRelay;
  subject.has_root = !confinement.root.empty();
  subject.accepts = spec.wait && spec.socket_type == policy::SocketType::kStream;
  return subject;
}

// Reads the program's output to its end. A signal to us tells it to end; what it learned by then
// still comes.
sys::Result<std::string> ReadAll(const sandbox::ReadProgram& program) {
  constexpr std::uint64_t kOutput = 1, kSignal = 2;
  TRY(const sys::UniqueFd signals, sys::CatchSignals({SIGINT, SIGTERM, SIGHUP}));
  TRY(sys::Poller poller, sys::Poller::Make());
  TRY_STATUS(poller.Add(program.output, sys::kReadable, kOutput));
  TRY_STATUS(poller.Add(signals, sys::kReadable, kSignal));
  std::string text;
  for (;;) {
    TRY(const auto events, poller.Wait(std::chrono::milliseconds(-1)));
    for (const sys::Event& event : events) {
      if (event.token == kSignal) {
        while (sys::NextSignal(signals)) {
          sys::IgnoreError(sys::SignalPidfd(program.pidfd, SIGTERM), "it has ended by itself");
        }
        continue;
      }
      char buffer[65536];
      TRY(const std::size_t size, sandbox::ReadOutput(program, buffer));
      if (size == 0) return text;
      if (text.size() + size > sandbox::kMostLearnedText) {
        return std::unexpected(sys::Error{"read", EFBIG, "what was learned"});
      }
      text.append(buffer, size);
    }
  }
}

class Profile final : public Verb {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Operand("service", service_, "the id of the service");
    arguments.File("-f,--config", config_, "instead of /etc/xinetd.conf");
    arguments.File("--inetd", inetd_,
                   "instead of /etc/inetd.conf; without --config the only services");
    arguments.Option("--connections", connections_, "N", "end after that many servers have ended");
    arguments.Option("--for", seconds_, "SECONDS", "end after that long");
    arguments.Footer(
        "Serves the service on its own address, with next to no sandbox around it, until it is\n"
        "interrupted or there was enough of it; takes root's rights. The lines are for its block\n"
        "in xinetd.conf.\n"
        "Exit status: 0 learned, 1 nobody connected, 2 wrong usage or it could not be learned.");
  }

  int Run(Output& output) override {
    for (const auto* number : {&connections_, &seconds_}) {
      if (*number && !policy::ParseUnsigned(**number, 1'000'000'000).value_or(0)) {
        return Complain("not a number above 0: " + **number);
      }
    }
    const Spec spec = Find();
    if (!spec) return kUnusable;
    if (!sys::IsRoot()) {
      return Complain("profile takes root's rights: it serves " + spec->id +
                      " and starts its programs as their user");
    }
    Complain("learning " + spec->id + " at " + Address(*spec) + Until());
    const auto learned = Learn(*spec);
    if (!learned) return Complain("nothing was learned: " + learned.error());
    if (learned->calls.empty()) {
      Complain("nothing was learned: no server ran");
      return kFindings;
    }
    Print(*learned, SubjectOf(*spec), output);
    return kClean;
  }

 private:
  // Null, and what is wrong was told.
  Spec Find() const {
    const auto directory = sys::CurrentDirectory();
    if (!directory) return Complain(directory.error().ToString()), nullptr;
    const policy::Configuration services =
        policy::LoadConfiguration(wrapper::FilesToLoad(Files()), wrapper::RealSystem(*directory));
    for (const Spec& spec : services.services) {
      if (spec->id != service_) continue;
      if (spec->kind == policy::ServiceKind::kProgram) return spec;
      return Complain("there is nothing to learn of " + service_ +
                      ": it starts no program by itself"),
             nullptr;
    }
    for (const policy::HeldService& held : services.held) {
      if (held.id != service_) continue;
      return Complain("service " + service_ + " (" + held.where.file + ":" +
                      std::to_string(held.where.line) +
                      ") stays down because of its errors; postern check tells them"),
             nullptr;
    }
    return Complain("there is no service " + service_), nullptr;
  }

  wrapper::FileChoice Files() const {
    return {.xinetd = config_.value_or(""), .inetd = inetd_.value_or("")};
  }

  std::string Until() const {
    std::string text = ", until it is interrupted";
    if (connections_) text += ", or " + *connections_ + " servers have ended";
    if (seconds_) text += ", or for " + *seconds_ + " seconds";
    return text;
  }

  std::vector<std::string> Command() const {
    std::vector<std::string> words = {"posternd", "-d", "--learn", service_};
    const auto add = [&words](const char* option, const std::optional<std::string>& value) {
      if (value) words.insert(words.end(), {option, *value});
    };
    add("--config", config_);
    add("--inetd", inetd_);
    add("--learn-connections", connections_);
    add("--learn-seconds", seconds_);
    return words;
  }

  std::expected<sandbox::Learned, std::string> Learn(const policy::ServiceSpec& spec) const {
    const auto program = sandbox::StartForReading(Command(), WhereDaemonIs());
    if (!program) return std::unexpected(program.error().ToString());
    const auto text = ReadAll(*program);
    if (!text) return std::unexpected(text.error().ToString());
    const auto end = sys::AwaitPidfd(program->pidfd);
    if (!end || end->status != 0) return std::unexpected("posternd could not serve it");
    const policy::Credentials& user = spec.program.credentials;
    const auto became = user.uid == 0
                            ? sys::Status()
                            : sandbox::BecomeUser({true, user.uid, user.gid, user.groups});
    if (!became) return std::unexpected(became.error().ToString());
    auto learned = sandbox::DecodeLearned(*text);
    if (!learned) return std::unexpected("its learner did not come to its end");
    return std::move(*learned);
  }

  static void Print(const sandbox::Learned& learned, const Subject& subject, Output& output) {
    const auto exists = [](const std::string& path) { return sys::Inspect(path).has_value(); };
    output.Write(ProposalText(Propose(learned, subject, exists), learned, subject));
  }

  std::string service_;
  std::optional<std::string> config_, inetd_, connections_, seconds_;
};

}  // namespace

std::unique_ptr<Verb> MakeProfile() { return std::make_unique<Profile>(); }

}  // namespace postern::cli
