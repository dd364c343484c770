// SPDX-License-Identifier: BSD-2-Clause
// Sessions beside a relay that does not do its part.
#include "daemon/acceptor/sessions.h"

#include <sys/syscall.h>

#include <fstream>

#include "daemon/acceptor/consistency.h"
#include "daemon/acceptor/launch_plan.h"
#include "daemon/log/log_registry.h"
#include "tests/daemon/acceptor_fixture.h"
#include "tests/daemon/log_fixture.h"
#include "tests/testlib/child.h"
#include "tests/testlib/fake_call.h"

namespace postern::daemon {
namespace {

namespace sys = sandbox::sys;
using policy::SocketType;
using std::chrono::milliseconds;

// Nothing here has to happen within these; they only keep the tests short.
constexpr RelayPatience kShort{milliseconds(100), milliseconds(100), milliseconds(100),
                               milliseconds(100)};

struct NobodyHome final : ArrivalHandler {
  void OnArrival(Service&) override {}
  void OnSocketDead(Service&) override {}
};

struct Fixture : LauncherFixture, LogFixture {
  std::string service_file = directory / "service";
  std::string banner_file = directory / "banner";
  LogRegistry logs{*program_log, "posternd", directory / "no-syslog"};
  std::unique_ptr<EventLoop> loop = std::move(EventLoop::Make().value());
  wrapper::HostsFiles hosts_files{{directory / "hosts.allow", directory / "hosts.deny"}};
  Admission admission{*loop, *program_log, hosts_files, std::nullopt};
  NobodyHome arrivals;
  std::unique_ptr<RelayClient> relay;
  std::unique_ptr<Sessions> sessions;
  std::vector<std::shared_ptr<Service>> services;
  policy::Endpoint peer{Address("192.0.2.1"), 1025};

  Fixture() { std::ofstream(banner_file) << "hello\n"; }

  void StartRelay(const std::string& mode, const RelayPatience& patience = kShort) {
    relay = std::make_unique<RelayClient>(*loop, *program_log,
                                          std::vector<std::string>{FAKE_RELAY, mode});
    sessions =
        std::make_unique<Sessions>(*loop, *program_log, launcher, *relay, admission, patience);
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
      definition.plan = MakeLaunchPlan(spec, ReadInherited());
    }
    definition.spec = Shared(std::move(spec));
    services.push_back(std::make_shared<Service>(*loop, arrivals, std::move(definition)));
    return services.back();
  }
  std::shared_ptr<Service> MakeInternal(policy::Builtin builtin,
                                        SocketType type = SocketType::kStream) {
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

TEST_CASE_METHOD(Fixture, "A banner the relay does not write ends in a refusal and a new relay") {
  StartRelay("ready");
  const pid_t first = relay->pid();
  const auto service = MakeWithBanner();
  const UniqueFd client = Serve(service);
  CHECK(sessions->count() == 1);
  TurnUntil(*loop, [&] { return relay->running() && relay->pid() != first; });
  CHECK(Said("is killed: it does not answer") == 1);
  CHECK(sessions->count() == 0);
  CHECK(Closed(client));
  REQUIRE(Records().size() == 1);
  CHECK(Records()[0].ends_with("FAIL: test fork from=192.0.2.1"));
  CHECK(Findings().empty());
}

TEST_CASE_METHOD(Fixture, "A relay that stops the session it is asked to stop lives on") {
  StartRelay("stops");
  const pid_t first = relay->pid();
  const auto service = MakeWithBanner();
  const UniqueFd client = Serve(service);
  TurnUntil(*loop, [&] { return sessions->count() == 0; });
  TurnFor(*loop, 200);
  CHECK(relay->pid() == first);
  CHECK(Said("is killed") == 0);
  CHECK(Said("test: the relay let the deadline of a session pass") == 1);
  REQUIRE(Records().size() == 1);
  CHECK(Records()[0].ends_with("FAIL: test fork from=192.0.2.1"));
  CHECK(Findings().empty());
}

TEST_CASE_METHOD(Fixture, "A tcpmux name the relay never reads ends the session") {
  StartRelay("ready");
  const auto service = MakeInternal(policy::Builtin::kTcpmux);
  const UniqueFd client = Serve(service);
  TurnUntil(*loop, [&] { return sessions->count() == 0; });
  CHECK(Said("is killed: it does not answer") == 1);
  REQUIRE(Records().size() == 2);
  CHECK(Records()[0].ends_with("START: test from=192.0.2.1"));
  CHECK(Records()[1].ends_with("EXIT: test status=1"));
  CHECK(Findings().empty());
}

TEST_CASE_METHOD(Fixture, "A datagram the relay never takes ends the session") {
  StartRelay("ready");
  const auto service = MakeInternal(policy::Builtin::kEcho, SocketType::kDgram);
  REQUIRE(service->Listen(std::move(*Listener::Open(service->spec()))));
  sessions->ServeDatagram(service, {.sender = SocketAddressOf("192.0.2.1", 1025)});
  CHECK(service->held(Hold::kServing));
  TurnUntil(*loop, [&] { return sessions->count() == 0; });
  CHECK(Said("is killed: it does not answer") == 1);
  CHECK_FALSE(service->held(Hold::kServing));
  CHECK(Records().size() == 2);
}

TEST_CASE_METHOD(Fixture, "A refused client's banner that is never written is not waited for") {
  StartRelay("ready");
  const auto service = MakeWithBanner();
  const UniqueFd client = TurnAway(*service);
  TurnUntil(*loop, [&] { return Said("is killed: it does not answer") == 1; });
  CHECK(Closed(client));
  CHECK(Records().empty());
}

// Patience enough that no deadline plays a part.
constexpr RelayPatience kLong{};

TEST_CASE_METHOD(Fixture, "Of too many refused clients the oldest lose their banner") {
  StartRelay("stops", kLong);
  const auto service = MakeWithBanner();
  std::vector<UniqueFd> clients;
  for (std::size_t i = 0; i < Sessions::kMaxTurnedAway + 2; ++i) {
    clients.push_back(TurnAway(*service));
  }
  // Only the clients that the relay was asked to stop are ever answered here.
  TurnUntil(*loop, [&] { return Readable(clients[0], 0) && Readable(clients[1], 0); });
  CHECK(Closed(clients[0]));
  CHECK(Closed(clients[1]));
  TurnFor(*loop, 100);
  CHECK_FALSE(Readable(clients[2], 0));
  CHECK_FALSE(Readable(clients.back(), 0));
  CHECK(Said("is killed") == 0);
}

TEST_CASE_METHOD(Fixture, "A refused client is closed at once when the relay gives nothing up") {
  StartRelay("ready", kLong);
  const auto service = MakeWithBanner();
  std::vector<UniqueFd> clients;
  for (std::size_t i = 0; i < 2 * Sessions::kMaxTurnedAway; ++i) {
    clients.push_back(TurnAway(*service));
  }
  CHECK_FALSE(Readable(clients[0], 0));
  CHECK_FALSE(Readable(clients.back(), 0));
  CHECK(Closed(TurnAway(*service)));
}

TEST_CASE_METHOD(Fixture, "A refused client without a banner is closed at once") {
  StartRelay("ready", kLong);
  const auto service = MakeInternal(policy::Builtin::kEcho);
  CHECK(Closed(TurnAway(*service)));
}

TEST_CASE_METHOD(Fixture, "Programs beyond the launcher's slots wait their turn") {
  StartRelay("ready");
  const auto service = Make(Spec());
  UniqueFd far;
  const UniqueFd near = Connect(far);
  CHECK(testlib::StatusOfChild([&] {
          // Children that never take their connection, and end with a failure to launch.
          if (!testlib::FakeCall(SYS_recvmsg, EIO)) return 1;
          std::vector<sandbox::LaunchId> launched_ids;
          for (int i = 0; i < sandbox::Launcher::kSlots; ++i) {
            UniqueFd given = UniqueFd::DuplicateOf(0);
            const auto launched = launcher.Start(service->plan(), {}, given);
            if (!launched) return 2;
            launched_ids.push_back(launched->id);
          }
          sessions->Serve(service, std::move(far), peer);
          std::optional<Stage> stage;
          sessions->ForEach([&](const Session& session) { stage = session.stage; });
          if (stage != Stage::kQueued || !Records().empty()) return 3;
          // All of them: the slots are those of the parent too.
          for (const auto id : launched_ids) launcher.Ended(id);
          ::alarm(20);
          while (sessions->count() != 0) {
            if (!loop->Turn()) return 4;
          }
          const auto records = Records();
          if (records.size() != 2) return 5;
          return records[1].ends_with("EXIT: test status=126") ? 0 : 6;
        }) == 0);
}

TEST_CASE_METHOD(Fixture, "A burst of programs larger than the slots are all started") {
  StartRelay("ready");
  auto spec = Spec();
  spec.program.path = "/bin/true";
  const auto service = Make(spec);
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 3 * sandbox::Launcher::kSlots; ++i) clients.push_back(Serve(service));
  CHECK(service->limits().running() == clients.size());
  TurnUntil(*loop, [&] { return sessions->count() == 0; });
  CHECK(Records().size() == 2 * clients.size());
  CHECK(Said("fork failed") == 0);
  CHECK(Findings().empty());
}

TEST_CASE_METHOD(Fixture, "What the relay serves to the end has no deadline") {
  StartRelay("stops");
  const auto service = MakeInternal(policy::Builtin::kDiscard);
  const UniqueFd client = Serve(service);
  TurnFor(*loop, 400);
  CHECK(sessions->count() == 1);
  CHECK(Said("is killed") == 0);
}

}  // namespace
}  // namespace postern::daemon
