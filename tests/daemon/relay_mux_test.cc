// SPDX-License-Identifier: BSD-2-Clause
// tcpmux (RFC 1078): the name line in every form it comes, the table behind it, and the deadline.
#include "daemon/relay/mux_line.h"
#include "daemon/relay/mux_table.h"
#include "tests/daemon/relay_fixture.h"

namespace postern::daemon {
namespace {

void Name(RelayUnderTest& relay, const std::string& name, std::uint32_t index) {
  AskMuxName ask;
  ask.index = index;
  ask.length = static_cast<std::uint32_t>(name.size());
  std::copy(name.begin(), name.end(), ask.name.begin());
  relay.Ask(ask);
}

void Ask(RelayUnderTest& relay, SessionId id, const ConnectionEnds& client) {
  AskMux ask;
  ask.header.session = id;
  relay.Ask(ask, {client.far.get()});
}

UniqueFd Connect(RelayUnderTest& relay, SessionId id) {
  ConnectionEnds client = TcpConnection();
  Ask(relay, id, client);
  return std::move(client.near);
}

const std::string kNotFound = "-Service name not found\r\n";

TEST_CASE("a name gives the client back, told by the number posternd gave it") {
  RelayUnderTest relay;
  Name(relay, "m1", 70'001);
  Name(relay, "Second", 4);
  struct Row {
    const char* line;
    std::uint32_t index;
  };
  SessionId id = 0;
  for (const Row& row :
       {Row{"m1\r\n", 70'001}, Row{"M1\r\n", 70'001}, Row{"m1\n", 70'001}, Row{"sECOND\r\n", 4}}) {
    ConnectionEnds client = TcpConnection();
    Ask(relay, ++id, client);
    Write(client.near, row.line);
    const auto answer = relay.Next<AnswerMux>();
    CHECK(answer.header.session == id);
    CHECK(answer.index == row.index);
    Write(client.far, "+Go\r\n");
    client.far.Reset();
    CHECK(ReadToEnd(client.near) == "+Go\r\n");
  }
}

TEST_CASE("a name that comes in pieces is one name") {
  RelayUnderTest relay;
  Name(relay, "service", 1);
  const UniqueFd client = Connect(relay, 1);
  for (const char* piece : {"se", "r", "vice", "\r", "\n"}) {
    Write(client, piece);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  CHECK(relay.Next<AnswerMux>().index == 1);
}

TEST_CASE("what follows the name line is left for the service") {
  RelayUnderTest relay;
  Name(relay, "m1", 1);
  for (const std::string end : {"\r\n", "\n"}) {
    const ConnectionEnds client = TcpConnection();
    Ask(relay, end.size(), client);
    Write(client.near, "m1" + end + "EXTRA\r\nMORE");
    EndWriting(client.near);
    relay.Next<AnswerMux>();
    CHECK(ReadToEnd(client.far) == "EXTRA\r\nMORE");
  }
}

TEST_CASE("an unknown name is refused without a NUL byte") {
  RelayUnderTest relay;
  Name(relay, "m1", 1);
  SessionId id = 0;
  for (const char* line : {"m2\r\n", "m\r\n", "m11\r\n", "\r\n", " m1\r\n", "m1 \r\n"}) {
    const UniqueFd client = Connect(relay, ++id);
    Write(client, line);
    CHECK(ReadToEnd(client) == kNotFound);
    CHECK(relay.Next<AnswerDone>().outcome == Outcome::kUnknownName);
  }
}

TEST_CASE("help lists the names, one a line") {
  RelayUnderTest relay;
  for (const char* word : {"help\r\n", "HELP\n"}) {
    relay.Ask(AskMuxClear{});
    Name(relay, "m1", 1);
    Name(relay, "Other", 2);
    const UniqueFd client = Connect(relay, 1);
    Write(client, word);
    CHECK(ReadToEnd(client) == "m1\r\nOther\r\n");
    CHECK(relay.Next<AnswerDone>().outcome == Outcome::kFinished);
  }
}

TEST_CASE("a cleared table knows no name") {
  RelayUnderTest relay;
  Name(relay, "m1", 1);
  relay.Ask(AskMuxClear{});
  const UniqueFd client = Connect(relay, 1);
  Write(client, "m1\r\n");
  CHECK(ReadToEnd(client) == kNotFound);
}

TEST_CASE("a full table is garbage to add to, and what is full is usable") {
  RelayUnderTest relay;
  for (std::uint32_t i = 0; i < kMaxMuxNames; ++i) Name(relay, "s" + std::to_string(i), i);
  const UniqueFd client = Connect(relay, 1);
  Write(client, "s" + std::to_string(kMaxMuxNames - 1) + "\r\n");
  CHECK(relay.Next<AnswerMux>().index == kMaxMuxNames - 1);
  Name(relay, "one too many", 5000);
  CHECK(relay.AwaitEnd() == Relay::State::kGarbage);
}

TEST_CASE("a line without end, or an end without line, is a bad request") {
  RelayUnderTest relay;
  const UniqueFd endless = Connect(relay, 1);
  Write(endless, std::string(kMaxMuxLine, 'a'));
  CHECK(ReadToEnd(endless).empty());
  CHECK(relay.Next<AnswerDone>().outcome == Outcome::kBadRequest);
  const UniqueFd silent = Connect(relay, 2);
  Write(silent, "m1");
  EndWriting(silent);
  CHECK(ReadToEnd(silent).empty());
  CHECK(relay.Next<AnswerDone>().outcome == Outcome::kBadRequest);
}

TEST_CASE("a client that never says a name is closed at the deadline") {
  RelayUnderTest relay({.descriptors = 64, .mux_name = std::chrono::milliseconds(100)});
  const UniqueFd client = Connect(relay, 1);
  const auto done = relay.Next<AnswerDone>();
  CHECK(done.outcome == Outcome::kClientSlow);
  CHECK(done.error == ETIMEDOUT);
  CHECK(ReadToEnd(client).empty());
}

TEST_CASE("the line takes its own bytes and no other") {
  MuxLine line;
  CHECK(line.Add("ab") == 2);
  CHECK(line.state() == MuxLine::State::kOpen);
  CHECK(line.Add("c\r\nrest") == 3);
  CHECK(line.state() == MuxLine::State::kComplete);
  CHECK(line.name() == "abc");
  CHECK(line.Add("more") == 0);
}

TEST_CASE("the longest line is taken, one byte more is not") {
  MuxLine longest;
  CHECK(longest.Add(std::string(kMaxMuxLine - 1, 'a') + "\nx") == kMaxMuxLine);
  CHECK(longest.state() == MuxLine::State::kComplete);
  MuxLine longer;
  CHECK(longer.Add(std::string(kMaxMuxLine, 'a') + "\n") == kMaxMuxLine);
  CHECK(longer.state() == MuxLine::State::kTooLong);
}

TEST_CASE("only a carriage return at the end of the line is not part of the name") {
  MuxLine line;
  line.Add("a\rb\r\r\n");
  CHECK(line.name() == "a\rb\r");
  MuxLine empty;
  empty.Add("\n");
  CHECK(empty.name().empty());
}

TEST_CASE("of two equal names the first counts") {
  MuxTable table;
  table.Add("one", 1);
  table.Add("ONE", 2);
  CHECK(table.Find("One") == 1U);
  CHECK_FALSE(table.Find("on"));
  // Case is folded for letters only: "[" and "{" are 32 apart as well.
  CHECK_FALSE(SameMuxName("[", "{"));
}

}  // namespace
}  // namespace postern::daemon
