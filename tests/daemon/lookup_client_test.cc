// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/lookup_client.h"

#include <filesystem>
#include <fstream>

#include "tests/daemon/acceptor_fixture.h"
#include "tests/daemon/log_fixture.h"

namespace postern::daemon {
namespace {

using namespace std::chrono_literals;

struct Asker final : LookupAsker {
  std::vector<std::pair<SessionId, WireName>> names;
  std::vector<std::pair<SessionId, WireUser>> users;
  std::string text;
  void OnName(SessionId asked_for, const AnswerName& answer) override {
    names.emplace_back(asked_for, answer.outcome);
  }
  void OnUser(SessionId asked_for, const AnswerUser& answer) override {
    users.emplace_back(asked_for, answer.outcome);
    text = TextIn(answer);
  }
};

struct Fixture : LogFixture {
  std::unique_ptr<EventLoop> loop = std::move(EventLoop::Make().value());
  Asker asker;
  ResolverPaths paths{directory / "hosts", directory / "resolv.conf", directory / "nsswitch.conf"};
  std::unique_ptr<LookupClient> lookup;

  void Make(const std::string& mode, std::chrono::milliseconds grace = LookupClient::kGrace) {
    lookup = std::make_unique<LookupClient>(
        *loop, *program_log, std::vector<std::string>{FAKE_LOOKUP, mode}, paths, grace);
  }
  bool Name(SessionId id, const std::string& source = "192.0.2.1",
            std::chrono::milliseconds deadline = 10s) {
    return lookup->AskName({asker, id, Address(source)}, SocketAddressOf(source, 0), deadline);
  }
  bool User(SessionId id, const std::string& source = "192.0.2.1") {
    return lookup->AskUser({asker, id, Address(source)}, SocketAddressOf(source, 4711),
                           SocketAddressOf("192.0.2.9", 22), 10s);
  }
  void WriteSwitch(const std::string& text) { std::ofstream(paths.nsswitch) << text; }
};

TEST_CASE_METHOD(Fixture, "The process starts with the first question, and each has its answer") {
  Make("ready");
  CHECK(lookup->pid() == 0);
  REQUIRE(Name(7));
  CHECK(lookup->pid() > 0);
  REQUIRE(User(8));
  CHECK(lookup->in_flight() == 2);
  TurnUntil(*loop, [&] { return asker.names.size() + asker.users.size() == 2; });
  CHECK(asker.names == std::vector{std::pair{SessionId{7}, WireName::kNone}});
  CHECK(asker.users == std::vector{std::pair{SessionId{8}, WireUser::kUser}});
  CHECK(asker.text == "bob");
  CHECK(lookup->in_flight() == 0);
}

TEST_CASE_METHOD(Fixture, "What is not an answer to a question kills the process, and is unknown") {
  for (const char* mode : {"twice", "swapped", "dirty", "exit"}) {
    INFO(mode);
    Make(mode);
    asker = {};
    REQUIRE(Name(1));
    REQUIRE(User(2));
    TurnUntil(*loop, [&] { return asker.names.size() == 1 && asker.users.size() == 1; });
    if (std::string(mode) == "swapped") CHECK(asker.names[0].second == WireName::kFailed);
    if (std::string(mode) == "dirty") CHECK(asker.users[0].second == WireUser::kSystem);
    TurnUntil(*loop, [&] { return Said("postern-lookup (pid") != 0; });
    CHECK(lookup->in_flight() == 0);
  }
}

TEST_CASE_METHOD(Fixture, "One that lets a deadline pass is killed") {
  Make("mute", 50ms);
  REQUIRE(Name(1, "192.0.2.1", 50ms));
  TurnUntil(*loop, [&] { return !asker.names.empty(); });
  CHECK(asker.names[0].second == WireName::kFailed);
  CHECK(Said("is killed: it lets the deadline of a question pass") == 1);
}

TEST_CASE_METHOD(Fixture, "A source may have so many questions in flight, and all so many") {
  Make("mute");
  for (std::size_t i = 0; i < LookupClient::kMostOfSource; ++i) REQUIRE(Name(i + 1));
  CHECK_FALSE(Name(1000));
  CHECK_FALSE(User(1001));
  CHECK(Name(1002, "192.0.2.2"));
  for (int i = 0; i < 64; ++i) {
    REQUIRE(Name(2000, "2001:db8:0:1::" + std::to_string(i + 1)));
  }
  CHECK_FALSE(Name(2001, "2001:db8:0:1:ffff::"));
  CHECK(Name(2002, "2001:db8:0:2::1"));
  SessionId id = 3000;
  while (lookup->in_flight() < LookupClient::kMostInFlight) {
    REQUIRE(Name(id, "10.0." + std::to_string(id / 250) + "." + std::to_string(id % 250)));
    ++id;
  }
  CHECK_FALSE(Name(id, "198.51.100.1"));
}

TEST_CASE_METHOD(Fixture, "What cannot be asked is not") {
  Make("ready");
  CHECK_FALSE(lookup->AskUser({asker, 1, Address("192.0.2.1")}, SocketAddressOf("192.0.2.1", 1),
                              SocketAddressOf("2001:db8::1", 2), 10s));
  CHECK_FALSE(lookup->AskName({asker, 1, Address("192.0.2.1")}, SocketAddress(), 10s));
  CHECK(lookup->pid() == 0);
  lookup = std::make_unique<LookupClient>(*loop, *program_log,
                                          std::vector<std::string>{"/nonexistent/lookup"}, paths);
  CHECK_FALSE(Name(1));
  TurnFor(*loop, 20);
  CHECK(asker.names.empty());
}

TEST_CASE_METHOD(Fixture, "Whether other sources of names have to be asked follows nsswitch.conf") {
  Make("ready");
  CHECK(lookup->KnowsAllSources());
  CHECK(lookup->pid() == 0);
  WriteSwitch("hosts: files ldap\n");
  TurnFor(*loop, 1100);
  CHECK_FALSE(lookup->KnowsAllSources());
  WriteSwitch("hosts: dns\n");
  TurnFor(*loop, 1100);
  CHECK(lookup->KnowsAllSources());
}

}  // namespace
}  // namespace postern::daemon
