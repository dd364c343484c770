// SPDX-License-Identifier: BSD-2-Clause
// Sessions with a relay of the test's choice, and clients of them.
#pragma once

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "daemon/acceptor/consistency.h"
#include "daemon/acceptor/sessions.h"
#include "daemon/log/log_registry.h"
#include "tests/daemon/acceptor_fixture.h"
#include "tests/daemon/log_fixture.h"
#include "wrapper/launch/launch_plan.h"

namespace postern::daemon {

struct NobodyHome final : ArrivalHandler {
  void OnArrival(Service&) override {}
  void OnSocketDead(Service&) override {}
};

struct SessionsFixture : LauncherFixture, LogFixture {
  std::string service_file = directory / "service";
  std::string banner_file = directory / "banner";
  LogRegistry logs{*program_log, "posternd", directory / "no-syslog"};
  std::unique_ptr<EventLoop> loop = std::move(EventLoop::Make().value());
  wrapper::HostsFiles hosts_files{{directory / "hosts.allow", directory / "hosts.deny"}};
  Admission admission{*loop, *program_log, hosts_files, std::nullopt};
  NobodyHome arrivals;
  std::vector<std::string> lookup_command{"/nonexistent/lookup"};
  TlsCommands tls_commands;
  std::unique_ptr<RelayClient> relay;
  std::unique_ptr<LookupClient> lookup;
  std::unique_ptr<TlsClient> tls;
  std::unique_ptr<Sessions> sessions;
  std::vector<std::shared_ptr<Service>> services;
  policy::Endpoint peer{Address("192.0.2.1"), 1025};

  SessionsFixture() { std::ofstream(banner_file) << "hello\n"; }

  void StartRelay(const std::vector<std::string>& command, const RelayPatience& patience) {
    relay = std::make_unique<RelayClient>(*loop, *program_log, command);
    lookup = std::make_unique<LookupClient>(*loop, *program_log, lookup_command);
    tls = std::make_unique<TlsClient>(*loop, *program_log, tls_commands, /*secret=*/0);
    sessions = std::make_unique<Sessions>(*loop, *program_log, launcher, *relay, *lookup, *tls,
                                          admission, patience);
    tls->SetAnswers(*sessions);
    REQUIRE(sessions->Prepare());
    relay->Start(*sessions);
  }
  std::shared_ptr<Service> Make(policy::ServiceSpec spec) {
    spec.log.kind = policy::LogKind::kFile;
    spec.log.file = service_file;
    spec.log_on_failure.host = true;
    spec.log_on_success.host = spec.log_on_success.exit = true;
    Service::Definition definition;
    definition.log = logs.Acquire(spec, {});
    if (spec.kind == policy::ServiceKind::kProgram) {
      definition.plan = wrapper::MakeLaunchPlan(spec, wrapper::ReadInherited());
    }
    definition.spec = Shared(std::move(spec));
    services.push_back(std::make_shared<Service>(*loop, arrivals, std::move(definition)));
    return services.back();
  }
  // The same program in a sandbox that keeps it from nothing.
  std::shared_ptr<Service> Confine(std::shared_ptr<Service> service) {
    const auto& parts = service->plan()->parts();
    auto profile = std::make_shared<sandbox::Profile>();
    profile->service = service->spec().id;
    profile->programs = {{parts.path, parts.argv, parts.environment, parts.umask}};
    profile->identity.change = false;
    profile->mitigate_speculation = profile->private_keyring = false;
    REQUIRE(service->Redefine({Shared(service->spec()), service->plan(), std::move(profile),
                               logs.Acquire(service->spec(), {})}));
    return service;
  }
  std::shared_ptr<Service> MakeInternal(policy::Builtin builtin,
                                        policy::SocketType type = policy::SocketType::kStream) {
    auto spec = Spec(type);
    spec.kind = policy::ServiceKind::kInternal;
    spec.builtin = builtin;
    return Make(std::move(spec));
  }
  std::shared_ptr<Service> MakeWithBanner() {
    auto spec = Spec();
    spec.kind = policy::ServiceKind::kInternal;
    spec.builtin = policy::Builtin::kEcho;
    spec.banners.on_success = spec.banners.on_failure = banner_file;
    return Make(std::move(spec));
  }
  // The client's end of a connection whose other end is the service's.
  UniqueFd Connect(UniqueFd& far) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    far = UniqueFd(ends[1]);
    return UniqueFd(ends[0]);
  }
  UniqueFd Serve(const std::shared_ptr<Service>& service) {
    UniqueFd far;
    UniqueFd near = Connect(far);
    sessions->Serve(service, std::move(far), peer);
    return near;
  }
  UniqueFd TurnAway(Service& service) {
    UniqueFd far;
    UniqueFd near = Connect(far);
    sessions->TurnAway(service, std::move(far));
    return near;
  }
  static bool Closed(const UniqueFd& fd) {
    char byte = 0;
    return Readable(fd, 5000) && ::recv(fd.get(), &byte, 1, MSG_DONTWAIT) == 0;
  }
  std::vector<std::string> Records() {
    logs.Flush();
    return testlib::LinesOf(service_file);
  }
  std::vector<std::string> Findings() {
    return FindInconsistencies(services, *sessions, admission);
  }
};

}  // namespace postern::daemon
