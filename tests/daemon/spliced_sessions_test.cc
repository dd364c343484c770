// SPDX-License-Identifier: BSD-2-Clause
// Programs behind the relay: who ends first, and what the other one then does.
#include <csignal>

#include "daemon/acceptor/behind_relay.h"
#include "tests/daemon/connections.h"
#include "tests/daemon/sessions_fixture.h"
#include "tests/testlib/child.h"

namespace postern::daemon {
namespace {

using std::chrono::milliseconds;

constexpr RelayPatience kLong{};
constexpr RelayPatience kShort{milliseconds(100), milliseconds(100), milliseconds(100),
                               milliseconds(100), milliseconds(100)};

std::vector<std::string> RealRelay() {
  if (!sandbox::sys::IsRoot()) return {RELAY_PROGRAM};
  return {RELAY_PROGRAM, "--user", "65519", "65519"};
}

policy::ServiceSpec ScriptBehindRelay(const std::string& script) {
  policy::ServiceSpec spec = Spec();
  spec.program.path = "/bin/sh";
  spec.program.argv = {"sh", "-c", script};
  spec.log_on_success.traffic = true;
  policy::Confinement confinement;
  confinement.network = policy::NetworkAccess::kRelay;
  spec.confinement = std::make_shared<const policy::Confinement>(confinement);
  return spec;
}

policy::ServiceSpec WithIdleTimeout(policy::ServiceSpec spec, std::uint64_t seconds) {
  policy::Confinement confinement = *spec.confinement;
  confinement.idle_timeout = seconds;
  spec.confinement = std::make_shared<const policy::Confinement>(confinement);
  return spec;
}

struct Fixture : SessionsFixture {
  // Turns the loop until the client has read so much, or the end.
  std::string Read(const UniqueFd& client, std::size_t count) {
    std::string got;
    bool ended = false;
    TurnUntil(*loop, [&] {
      char piece[65536];
      ssize_t n = 0;
      while ((n = ::recv(client.get(), piece, sizeof piece, MSG_DONTWAIT)) > 0) {
        got.append(piece, static_cast<std::size_t>(n));
      }
      ended = n == 0;
      loop->After(milliseconds(5), [] {});  // the relay's answers are not all there is to wait for
      return ended || got.size() >= count;
    });
    return got;
  }
  std::optional<Stage> StageNow() {
    std::optional<Stage> stage;
    sessions->ForEach([&](const Session& session) { stage = session.stage; });
    return stage;
  }
};

TEST_CASE_METHOD(Fixture, "A program behind the relay hears its client and knows who it is") {
  StartRelay(RealRelay(), kLong);
  const auto service = Make(ScriptBehindRelay(
      "read line; echo $line $REMOTE_HOST $TCPREMOTEPORT $TCPLOCALIP $TCPLOCALPORT $PROTO"));
  ConnectionEnds client = TcpConnection();
  const std::string port = std::to_string(ntohs(LocalName(client.far).sin_port));
  sessions->Serve(service, std::move(client.far), peer);
  Write(client.near, "hello\n");
  const std::string expected = "hello 192.0.2.1 1025 127.0.0.1 " + port + " TCP\n";
  CHECK(Read(client.near, 1000) == expected);
  TurnUntil(*loop, [&] { return sessions->count() == 0; });
  const auto records = Records();
  REQUIRE(records.size() == 3);
  CHECK(records[0].ends_with("START: test from=192.0.2.1"));
  const std::string traffic =
      "TRAFFIC: test in=6(bytes) out=" + std::to_string(expected.size()) + "(bytes)";
  CHECK((records[1].ends_with(traffic) || records[2].ends_with(traffic)));
  CHECK(Findings().empty());
}

TEST_CASE_METHOD(Fixture, "A program's connection is no inet socket") {
  StartRelay(RealRelay(), kLong);
  const auto service = Make(ScriptBehindRelay(
      "for i in 0 1 2; do grep -q $(readlink /proc/$$/fd/$i | tr -dc 0-9) /proc/net/unix && "
      "echo unix; done"));
  ConnectionEnds client = TcpConnection();
  sessions->Serve(service, std::move(client.far), peer);
  CHECK(Read(client.near, 1000) == "unix\nunix\nunix\n");
}

TEST_CASE_METHOD(Fixture, "A silent connection is closed at its idle timeout and the log says so") {
  StartRelay(RealRelay(), kLong);
  const auto service = Make(WithIdleTimeout(ScriptBehindRelay("cat; exit 7"), 1));
  const UniqueFd client = Serve(service);
  CHECK(Read(client, 1).empty());
  TurnUntil(*loop, [&] { return sessions->count() == 0; });
  CHECK(Said("test: a connection from 192.0.2.1 is closed: idle_timeout") == 1);
  const auto records = Records();
  REQUIRE(records.size() == 3);
  CHECK((records[1] + records[2]).find("EXIT: test status=7") != std::string::npos);
  CHECK((records[1] + records[2]).find("TRAFFIC: test in=0(bytes)") != std::string::npos);
}

TEST_CASE_METHOD(Fixture,
                 "What a program that is over left to its client is delivered, and counts") {
  StartRelay(RealRelay(), kLong);
  const auto service = Make(ScriptBehindRelay("head -c 300000 /dev/zero"));
  const UniqueFd client = Serve(service);
  TurnUntil(*loop, [&] { return StageNow() == Stage::kFlush; });
  CHECK(service->limits().running() == 1);
  CHECK(Findings().empty());
  CHECK(Read(client, 300'001).size() == 300'000);
  TurnUntil(*loop, [&] { return sessions->count() == 0; });
  REQUIRE(Records().size() == 3);
  CHECK(Records()[2].ends_with("TRAFFIC: test in=0(bytes) out=300000(bytes)"));
  CHECK(Findings().empty());
}

TEST_CASE_METHOD(Fixture,
                 "What was moved is told of a client that is gone before the program begins") {
  StartRelay(RealRelay(), kLong);
  sessions->zygotes().SetProgram(ZYGOTE_PROGRAM);
  const auto service = Confine(Make(ScriptBehindRelay("cat")));
  ConnectionEnds client = TcpConnection();
  Write(client.near, "hello");
  sessions->Serve(service, std::move(client.far), peer);
  Reset(client.near);
  TurnUntil(*loop, [&] { return sessions->count() == 0; });
  const auto records = Records();
  REQUIRE(records.size() == 3);
  CHECK(records[0].find("START: test") != std::string::npos);
  CHECK((records[1] + records[2]).find("TRAFFIC: test in=") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "A program outlives the relay that had its client, and counts") {
  StartRelay(RealRelay(), kLong);
  const auto service = Make(ScriptBehindRelay("cat; sleep 1; exit 9"));
  const UniqueFd client = Serve(service);
  Write(client, "x");
  CHECK(Read(client, 1) == "x");
  REQUIRE(::kill(relay->pid(), SIGKILL) == 0);
  CHECK(Read(client, 1).empty());
  CHECK(StageNow() == Stage::kProgram);
  CHECK(service->limits().running() == 1);
  TurnUntil(*loop, [&] { return sessions->count() == 0; });
  REQUIRE(Records().size() == 2);
  CHECK(Records()[1].ends_with("EXIT: test status=9"));
  CHECK(Findings().empty());
}

TEST_CASE_METHOD(Fixture, "A relay that dies with what a program left ends the session") {
  StartRelay(RealRelay(), kLong);
  const auto service = Make(ScriptBehindRelay("head -c 300000 /dev/zero"));
  const UniqueFd client = Serve(service);
  TurnUntil(*loop, [&] { return StageNow() == Stage::kFlush; });
  REQUIRE(::kill(relay->pid(), SIGKILL) == 0);
  TurnUntil(*loop, [&] { return sessions->count() == 0; });
  CHECK(Records().size() == 2);
  CHECK(Findings().empty());
}

TEST_CASE_METHOD(Fixture, "A program that cannot be executed leaves no session behind the relay") {
  StartRelay(RealRelay(), kLong);
  auto spec = ScriptBehindRelay("");
  spec.program.path = "/no/such/program";
  const auto service = Make(std::move(spec));
  const UniqueFd client = Serve(service);
  CHECK(Read(client, 1).empty());
  TurnUntil(*loop, [&] { return sessions->count() == 0; });
  CHECK(relay->running());
  CHECK(Findings().empty());
}

TEST_CASE_METHOD(Fixture, "A relay that is full refuses the client before anything runs") {
  StartRelay({FAKE_RELAY, "full"}, kLong);
  const auto service = Make(ScriptBehindRelay("touch " + (directory / "ran")));
  const UniqueFd client = Serve(service);
  TurnUntil(*loop, [&] { return sessions->count() == 0; });
  CHECK(Closed(client));
  CHECK(Said("the relay has no room for another session") == 1);
  REQUIRE(Records().size() == 1);
  CHECK(Records()[0].ends_with("FAIL: test fork from=192.0.2.1"));
  CHECK_FALSE(std::ifstream(directory / "ran").good());
  CHECK(relay->running());
}

TEST_CASE_METHOD(Fixture, "A relay that says a session is over before it has begun is killed") {
  StartRelay({FAKE_RELAY, "hasty"}, kLong);
  const auto service = Make(ScriptBehindRelay("true"));
  const UniqueFd client = Serve(service);
  TurnUntil(*loop, [&] { return sessions->count() == 0; });
  CHECK(Said("is killed: it answered what was not asked") == 1);
  REQUIRE(Records().size() == 1);
  CHECK(Records()[0].ends_with("FAIL: test fork from=192.0.2.1"));
}

TEST_CASE_METHOD(Fixture, "A relay that does not take a client is not waited for") {
  for (const std::string mode : {"stops", "ready"}) {
    StartRelay({FAKE_RELAY, mode}, kShort);
    const auto service = Make(ScriptBehindRelay("true"));
    const UniqueFd client = Serve(service);
    TurnUntil(*loop, [&] { return sessions->count() == 0; });
    CHECK(Closed(client));
    CHECK(Findings().empty());
    relay->Stop();
  }
  CHECK(Said("is killed: it does not answer") == 1);
  CHECK(Records().size() == 2);
}

TEST_CASE("The relay is in between for its network, and not otherwise") {
  policy::ServiceSpec spec = Spec();
  CHECK_FALSE(BehindRelay(spec));
  spec = ScriptBehindRelay("");
  CHECK(BehindRelay(spec));
  policy::Confinement confinement;
  confinement.network = policy::NetworkAccess::kClient;
  spec.confinement = std::make_shared<const policy::Confinement>(confinement);
  CHECK_FALSE(BehindRelay(spec));
}

}  // namespace
}  // namespace postern::daemon
