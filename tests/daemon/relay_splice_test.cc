// SPDX-License-Identifier: BSD-2-Clause
// Splice: a client, and a program at the other end of a socketpair, whatever either of them does.
#include "tests/daemon/carrying_fixture.h"

namespace postern::daemon {
namespace {

using std::chrono::milliseconds;

AskSplice SpliceOf(SessionId id, milliseconds idle = milliseconds(0)) {
  AskSplice ask;
  ask.header.session = id;
  ask.idle_timeout = static_cast<std::uint32_t>(idle.count());
  return ask;
}

Ends SpliceClient(RelayUnderTest& relay, ConnectionEnds client, const AskSplice& ask) {
  ConnectionEnds pair = UnixConnection();
  relay.Ask(ask, {client.far.get(), pair.far.get()});
  CHECK(relay.Next<AnswerSplice>().header.session == ask.header.session);
  return {std::move(client.near), std::move(pair.near)};
}
Ends Splice(RelayUnderTest& relay, SessionId id, milliseconds idle = milliseconds(0)) {
  return SpliceClient(relay, TcpConnection(), SpliceOf(id, idle));
}

TEST_CASE("thirty-two megabytes each way at once arrive byte for byte") {
  RelayUnderTest relay({.descriptors = 1024});
  ExchangeBothWays(relay, Splice(relay, 1), 32U << 20);
}

TEST_CASE("they also do when there are no descriptors for pipes") {
  RelayUnderTest relay({.descriptors = 20});
  ExchangeBothWays(relay, Splice(relay, 1), 32U << 20);
}

TEST_CASE("the client's half-close reaches the program, whose answer is delivered") {
  RelayUnderTest relay;
  AnswerAfterHalfClose(relay, Splice(relay, 1));
}

TEST_CASE("the program's half-close reaches the client, who is still heard") {
  RelayUnderTest relay;
  Ends ends = Splice(relay, 1);
  Write(ends.backend, "greeting");
  EndWriting(ends.backend);
  CHECK(ReadToEnd(ends.client) == "greeting");
  CHECK(Passes(ends.client, "afterwards", ends.backend));
  ends.client.Reset();
  CHECK(ReadToEnd(ends.backend).empty());
  const auto done = relay.Next<AnswerDone>();
  CHECK(done.bytes_in == 10);
  CHECK(done.bytes_out == 8);
}

TEST_CASE("urgent data neither holds up nor cuts off what follows it") {
  RelayUnderTest relay;
  const Ends ends = Splice(relay, 1);
  PassUrgentData(relay, ends.client, ends.backend);
}

TEST_CASE("a program that is over ends the session of a client that says nothing") {
  RelayUnderTest relay;
  Ends ends = Splice(relay, 1);
  Write(ends.backend, "goodbye");
  ends.backend.Reset();
  const auto done = relay.Next<AnswerDone>();
  CHECK(done.outcome == Outcome::kFinished);
  CHECK(done.bytes_out == 7);
  CHECK(ReadToEnd(ends.client) == "goodbye");
}

TEST_CASE("what a program wrote reaches a client to whom it did not listen") {
  RelayUnderTest relay;
  Ends ends = Splice(relay, 1);
  const std::string answer = Pattern(100'000, 14);
  std::thread writer([&] { Write(ends.backend, answer); });
  FillUp(ends.client);
  writer.join();
  ends.backend.Reset();
  CHECK((ReadExactly(ends.client, answer.size()) == answer));
  const auto done = relay.Next<AnswerDone>();
  CHECK(done.bytes_out == answer.size());
}

TEST_CASE("what a client sent before it closed reaches a program that reads late") {
  RelayUnderTest relay;
  Ends ends = Splice(relay, 1);
  const std::string sent = FillUp(ends.client);
  ends.client.Reset();
  CHECK((ReadToEnd(ends.backend) == sent));
  ends.backend.Reset();
  CHECK(relay.Next<AnswerDone>().bytes_in == sent.size());
}

TEST_CASE("a client that resets ends the program's connection") {
  RelayUnderTest relay;
  EndByReset(relay, Splice(relay, 1));
}

TEST_CASE("a client that resets while the program does not read ends it too") {
  RelayUnderTest relay;
  EndByResetUnread(relay, Splice(relay, 1));
}

TEST_CASE("a session in which nothing moves ends at its idle timeout, for both sides") {
  RelayUnderTest relay;
  Ends ends = Splice(relay, 1, milliseconds(150));
  Write(ends.client, "ask");
  Write(ends.backend, "reply");
  const auto done = relay.Next<AnswerDone>();
  CHECK(done.outcome == Outcome::kIdle);
  CHECK(done.bytes_in == 3);
  CHECK(done.bytes_out == 5);
  CHECK(ReadToEnd(ends.client) == "reply");
  CHECK(ReadToEnd(ends.backend) == "ask");
}

TEST_CASE("bytes in either direction put the idle timeout off") {
  for (const bool from_client : {true, false}) {
    RelayUnderTest relay;
    Ends ends = Splice(relay, 1, milliseconds(400));
    for (int i = 0; i < 8; ++i) {
      Write(from_client ? ends.client : ends.backend, "x");
      CHECK_FALSE(relay.Answers(100));
    }
    CHECK(relay.Next<AnswerDone>().outcome == Outcome::kIdle);
  }
}

TEST_CASE("a side that takes nothing is idle, however much the other has for it") {
  for (const bool from_client : {true, false}) {
    RelayUnderTest relay;
    Ends ends = Splice(relay, 1, milliseconds(600));
    FillUp(from_client ? ends.client : ends.backend);
    CHECK(relay.Next<AnswerDone>().outcome == Outcome::kIdle);
  }
}

TEST_CASE("without an idle timeout a silent session stays") {
  RelayUnderTest relay({.descriptors = 64, .flush = milliseconds(50)});
  Ends ends = Splice(relay, 1);
  CHECK_FALSE(relay.Answers(300));
  CHECK(Passes(ends.backend, "still here", ends.client));
}

TEST_CASE("a client that takes nothing of what a program left behind is given up") {
  RelayUnderTest relay({.descriptors = 64, .flush = milliseconds(300)});
  // A TCP socket goes on making room for a while.
  Ends ends = SpliceClient(relay, UnixConnection(), SpliceOf(1));
  FillUp(ends.backend);
  CHECK_FALSE(relay.Answers(400));
  ends.backend.Reset();
  const auto done = relay.Next<AnswerDone>();
  CHECK(done.outcome == Outcome::kClientSlow);
  CHECK(done.error == ETIMEDOUT);
}

TEST_CASE("one that goes on taking it is not, however long that lasts") {
  RelayUnderTest relay({.descriptors = 64, .flush = milliseconds(500)});
  Ends ends = SpliceClient(relay, UnixConnection(), SpliceOf(1));
  const std::string left = FillUp(ends.backend);
  ends.backend.Reset();
  std::string got;
  for (int i = 0; i < 20; ++i) {
    got += ReadExactly(ends.client, 20'000);
    std::this_thread::sleep_for(milliseconds(50));
  }
  got += ReadToEnd(ends.client);
  CHECK((got == left));
  CHECK(relay.Next<AnswerDone>().outcome == Outcome::kFinished);
}

TEST_CASE("a reader that is slow delays nobody else") {
  RelayUnderTest relay;
  Ends slow = Splice(relay, 1), other = Splice(relay, 2);
  FillUp(slow.backend);
  FillUp(slow.client);
  for (int i = 0; i < 100; ++i) {
    Write(other.client, "ping");
    REQUIRE(ReadExactly(other.backend, 4) == "ping");
  }
  CHECK(ProcessorTimeWhileIdle() < milliseconds(100));
}

TEST_CASE("a program that is over while its client takes nothing costs no processor time") {
  RelayUnderTest relay;
  Ends ends = Splice(relay, 1);
  FillUp(ends.backend);
  ends.backend.Reset();
  CHECK(ProcessorTimeWhileIdle() < milliseconds(100));
}

TEST_CASE("a full relay refuses, and both ends are closed") {
  RelayUnderTest relay({.descriptors = 18});
  Ends first = Splice(relay, 1);
  ConnectionEnds client = TcpConnection(), pair = UnixConnection();
  relay.Ask(SpliceOf(2), {client.far.get(), pair.far.get()});
  client.far.Reset();
  pair.far.Reset();
  const auto done = relay.Next<AnswerDone>();
  CHECK(done.header.session == 2);
  CHECK(done.outcome == Outcome::kNoCapacity);
  CHECK(ReadToEnd(client.near).empty());
  CHECK(ReadToEnd(pair.near).empty());
  CHECK(Passes(first.client, "x", first.backend));
  first.backend.Reset();
  CHECK(relay.Next<AnswerDone>().header.session == 1);
  Splice(relay, 3);
}

TEST_CASE("a stopped session closes both ends") {
  RelayUnderTest relay;
  Ends ends = Splice(relay, 1);
  relay.Stop(1);
  CHECK(relay.Next<AnswerDone>().outcome == Outcome::kStopped);
  CHECK(ReadToEnd(ends.client).empty());
  CHECK(ReadToEnd(ends.backend).empty());
}

TEST_CASE("a relay that ends closes both ends") {
  RelayUnderTest relay;
  Ends ends = Splice(relay, 1);
  relay.Join();
  CHECK(ReadToEnd(ends.client).empty());
  CHECK(ReadToEnd(ends.backend).empty());
}

}  // namespace
}  // namespace postern::daemon
