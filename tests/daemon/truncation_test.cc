// SPDX-License-Identifier: BSD-2-Clause
// A service that is broken off: the client gets what it has said, and does not take it for all.
#include "tests/daemon/tls_fixture.h"

namespace postern::daemon {
namespace {

void Truncate(TlsUnderTest& tls, SessionId id) {
  AskTlsTruncate ask;
  ask.header.session = id;
  tls.Send(tls.tls(), ask);
}

TEST_CASE("what a service has said before it was broken off comes, and no close_notify after it") {
  TlsUnderTest tls;
  const TestCertificate certificate;
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  TlsClient client;
  const UniqueFd program = tls.Begin(1, 1, client.Open(TcpConnection()));
  REQUIRE(client.Connect());
  tls.Next<AnswerTls>();
  const std::string much(150'000, 'x');  // more than a turn's
  REQUIRE(TryWrite(program, much));
  Truncate(tls, 1);
  REQUIRE(client.Write("into the void"));
  CHECK(client.ReadToClose() == much + "<cut>");
  client.Vanish();
  const auto done = tls.Next<AnswerTlsDone>();
  CHECK(done.outcome == TlsOutcome::kTruncated);
  CHECK(done.bytes_out == much.size());
  Truncate(tls, 1);  // it crosses the answer
  TlsClient other;
  const UniqueFd second = tls.Begin(2, 1, other.Open());
  CHECK(other.Connect());
}

TEST_CASE("before the handshake, in it, and in plaintext: no session stays") {
  TlsUnderTest tls;
  const TestCertificate certificate;
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  TlsClient early;
  const UniqueFd program = tls.Begin(1, 1, early.Open());
  Truncate(tls, 1);
  REQUIRE(early.Connect());
  CHECK(early.ReadToClose() == "<cut>");
  early.Vanish();
  tls.Next<AnswerTls>();
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kTruncated);

  TlsClient plain;
  const UniqueFd second = tls.Begin(2, 1, plain.Open(), 0, WireStartTls::kSmtp);
  Write(second, "220 hi\r\n421 going down\r\n");
  Truncate(tls, 2);
  CHECK(ReadToEnd(plain.socket()) == "220 hi\r\n421 going down\r\n");
  plain.Vanish();
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kTruncated);
}

TEST_CASE("cut off before its first word, a service leaves no session behind") {
  TlsUnderTest tls;
  const TestCertificate certificate;
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  TlsClient client;
  const UniqueFd program = tls.Begin(1, 1, client.Open());
  REQUIRE(client.Connect());
  tls.Next<AnswerTls>();
  Truncate(tls, 1);
  CHECK(client.ReadToClose() == "<cut>");
  client.Vanish();
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kTruncated);
}

TEST_CASE("in plaintext nothing waits for an end of file that does not come") {
  TlsUnderTest tls;
  const TestCertificate certificate;
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  TlsClient client;
  const UniqueFd program = tls.Begin(1, 1, client.Open(), 0, WireStartTls::kSmtp, false);
  Write(program, "220 hi\r\n");
  Write(client.socket(), "MAIL FROM:<a@b>\r\n");
  CHECK(ReadExactly(program, 17) == "MAIL FROM:<a@b>\r\n");
  const auto before = FillUp(program).size();  // what is held up is read when there is room
  Truncate(tls, 1);
  CHECK(ReadToEnd(client.socket()).size() == 8 + before);
  client.Vanish();
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kTruncated);
}

}  // namespace
}  // namespace postern::daemon
