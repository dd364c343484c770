// SPDX-License-Identifier: BSD-2-Clause
// A service that is broken off: the client gets what it has said, and does not take it for all.
#include "tests/daemon/served_client.h"

namespace postern::daemon {
namespace {

TEST_CASE("what a service has said before it was broken off comes, and no close_notify after it") {
  ServedClient served({.connection = TcpConnection});
  const std::string much(150'000, 'x');  // more than a turn's
  REQUIRE(TryWrite(served.program, much));
  served.Truncate(1);
  REQUIRE(served.client.Write("into the void"));
  CHECK(served.client.ReadToClose() == much + "<cut>");
  served.client.Vanish();
  const auto done = served.Next<AnswerTlsDone>();
  CHECK(done.outcome == TlsOutcome::kTruncated);
  CHECK(done.bytes_out == much.size());
  served.Truncate(1);  // it crosses the answer
  TlsClient other;
  const UniqueFd second = served.Begin(2, 1, other.Open());
  CHECK(other.Connect());
}

TEST_CASE("before the handshake, in it, and in plaintext: no session stays") {
  OneService tls;
  TlsClient early;
  const UniqueFd program = tls.Begin(1, 1, early.Open());
  tls.Truncate(1);
  REQUIRE(early.Connect());
  CHECK(early.ReadToClose() == "<cut>");
  early.Vanish();
  tls.Next<AnswerTls>();
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kTruncated);

  TlsClient plain;
  const UniqueFd second = tls.Begin(2, 1, plain.Open(), 0, WireStartTls::kSmtp);
  Write(second, "220 hi\r\n421 going down\r\n");
  tls.Truncate(2);
  CHECK(ReadToEnd(plain.socket()) == "220 hi\r\n421 going down\r\n");
  plain.Vanish();
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kTruncated);
}

TEST_CASE("cut off before its first word, a service leaves no session behind") {
  ServedClient served;
  served.Truncate(1);
  CHECK(served.client.ReadToClose() == "<cut>");
  served.client.Vanish();
  CHECK(served.Next<AnswerTlsDone>().outcome == TlsOutcome::kTruncated);
}

TEST_CASE("in plaintext nothing waits for an end of file that does not come") {
  OneService tls;
  TlsClient client;
  const UniqueFd program = tls.Begin(1, 1, client.Open(), 0, WireStartTls::kSmtp, false);
  Write(program, "220 hi\r\n");
  CHECK(Passes(client.socket(), "MAIL FROM:<a@b>\r\n", program));
  const auto before = FillUp(program).size();  // what is held up is read when there is room
  tls.Truncate(1);
  CHECK(ReadToEnd(client.socket()).size() == 8 + before);
  client.Vanish();
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kTruncated);
}

}  // namespace
}  // namespace postern::daemon
