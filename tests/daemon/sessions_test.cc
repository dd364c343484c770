// SPDX-License-Identifier: BSD-2-Clause
// Sessions beside a relay that does not do its part.
#include "daemon/acceptor/sessions.h"

#include <sys/syscall.h>

#include "tests/daemon/sessions_fixture.h"
#include "tests/testlib/child.h"
#include "tests/testlib/fake_call.h"

namespace postern::daemon {
namespace {

namespace sys = sandbox::sys;
using policy::SocketType;
using std::chrono::milliseconds;

// Nothing here has to happen within these; they only keep the tests short.
constexpr RelayPatience kShort{milliseconds(100), milliseconds(100), milliseconds(100),
                               milliseconds(100), milliseconds(100)};

struct Fixture : SessionsFixture {
  void StartRelay(const std::string& mode, const RelayPatience& patience = kShort) {
    SessionsFixture::StartRelay({FAKE_RELAY, mode}, patience);
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

TEST_CASE_METHOD(Fixture, "What cannot be executed is told by the name of what was tried") {
  StartRelay("ready");
  auto spec = Spec();
  spec.program.path = "/usr/sbin/tcpd";
  spec.wrapped = policy::Wrapped{.path = "/no/such/program", .name = "program"};
  const auto service = Make(std::move(spec));
  UniqueFd far;
  const UniqueFd near = Connect(far);
  sessions->Serve(service, std::move(far), peer, {.way = Way::kUnwrapped});
  TurnUntil(*loop, [&] { return sessions->count() == 0; });
  CHECK(Said("test: execve /no/such/program failed: No such file or directory") == 1);
}

TEST_CASE_METHOD(Fixture, "A sandbox without a process to spare refuses its client at once") {
  StartRelay("ready");
  // Never gets ready, and ends with the test.
  const std::string program = directory / "idle";
  std::ofstream(program) << "#!/bin/sh\nwhile kill -0 $PPID; do sleep 0.1; done 2>/dev/null\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  sessions->zygotes().SetProgram(program);
  const auto service = Confine(Make(Spec()));
  const UniqueFd client = Serve(service);
  sandbox::LaunchId id = 0;
  sessions->ForEach([&](const Session& session) { id = session.id; });
  sessions->OnInstanceFailed(id, sandbox::LaunchStep::kClone, EAGAIN);
  CHECK(sessions->count() == 0);
  REQUIRE(Records().size() == 1);
  CHECK(Records()[0].ends_with("FAIL: test fork from=192.0.2.1"));
  CHECK(Said("test: clone /bin/true failed: Resource temporarily unavailable") == 1);
  CHECK(Findings().empty());
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
