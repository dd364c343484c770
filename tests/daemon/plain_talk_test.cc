// SPDX-License-Identifier: BSD-2-Clause
// The plaintext in front of STARTTLS, or in its place, and how it ends.
#include <ctime>

#include "tests/daemon/tls_fixture.h"

namespace postern::daemon {
namespace {

// A service that is gone is owed nothing but the delivery of its last words, for a while.
constexpr TlsLimits kImpatient{.descriptors = 4096,
                               .patience = {.idle = {},
                                            .flush = std::chrono::milliseconds(300),
                                            .linger = std::chrono::milliseconds(300)}};

TEST_CASE("a dialogue comes before the handshake, and plaintext after it where that is allowed") {
  TlsUnderTest tls;
  const TestCertificate certificate;
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  TlsClient client;
  const UniqueFd program = tls.Begin(1, 1, client.Open(), 0, WireStartTls::kSmtp);
  Write(program, "220 hi\r\n");
  CHECK(ReadExactly(client.socket(), 8) == "220 hi\r\n");
  Write(client.socket(), "EHLO me\r\n");
  CHECK(ReadExactly(program, 9) == "EHLO me\r\n");
  Write(program, "250 me\r\n");
  CHECK(ReadExactly(client.socket(), 22) == "250-me\r\n250 STARTTLS\r\n");
  Write(client.socket(), "STARTTLS\r\n");
  CHECK(ReadExactly(client.socket(), 30) == "220 2.0.0 Ready to start TLS\r\n");
  REQUIRE(client.Connect());
  tls.Next<AnswerTls>();
  REQUIRE(client.Write("EHLO again\r\n"));
  pollfd heard{program.get(), POLLIN, 0};
  CHECK(::poll(&heard, 1, 200) == 0);  // posternd has not let it in
  tls.Admit(1);
  CHECK(ReadExactly(program, 12) == "EHLO again\r\n");
  client.Vanish();
  tls.Next<AnswerTlsDone>();

  TlsClient plain;
  const UniqueFd second = tls.Begin(2, 1, plain.Open(), 0, WireStartTls::kSmtp, false);
  Write(second, "220 hi\r\n");
  CHECK(ReadExactly(plain.socket(), 8) == "220 hi\r\n");
  Write(plain.socket(), "MAIL FROM:<a@b>\r\n");
  CHECK(ReadExactly(second, 17) == "MAIL FROM:<a@b>\r\n");
  ::shutdown(plain.socket().get(), SHUT_WR);
  CHECK(ReadToEnd(second).empty());
  Write(second, "250 ok\r\n");
  ::shutdown(second.get(), SHUT_RDWR);
  CHECK(ReadExactly(plain.socket(), 8) == "250 ok\r\n");
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kFinished);
}

TEST_CASE("what the service has said behind the last answer comes inside of TLS") {
  TlsUnderTest tls;
  const TestCertificate certificate;
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  TlsClient client;
  const UniqueFd program = tls.Begin(1, 1, client.Open(), 0, WireStartTls::kImap);
  Write(program, "* OK hi\r\n");
  Write(client.socket(), "a NOOP\r\nb STARTTLS\r\n");
  CHECK(ReadExactly(program, 8) == "a NOOP\r\n");
  Write(program, "a OK done\r\n* 1 EXISTS\r\n");
  CHECK(ReadExactly(client.socket(), 52) ==
        "* OK hi\r\na OK done\r\nb OK Begin TLS negotiation now\r\n");
  REQUIRE(client.Connect());
  tls.Next<AnswerTls>();
  tls.Admit(1);
  CHECK(client.Read(12) == "* 1 EXISTS\r\n");
}

TEST_CASE("a service that ends in plaintext loses nothing to what its client says meanwhile") {
  TlsUnderTest tls;
  const TestCertificate certificate;
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  auto [client, far] = TcpConnection();
  UniqueFd program = tls.Begin(1, 1, far, 0, WireStartTls::kSmtp, false);
  far.Reset();
  Write(program, "220 hi\r\n");
  CHECK(ReadExactly(client, 8) == "220 hi\r\n");
  Write(client, "MAIL FROM:<a@b>\r\n");
  CHECK(ReadExactly(program, 17) == "MAIL FROM:<a@b>\r\n");
  const timeval brief{1, 0};
  ::setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &brief, sizeof brief);
  CHECK_FALSE(TryWrite(client, std::string(16'000'000, 'x')));  // nobody reads that any more
  Write(program, "421 going down\r\n");
  program.Reset();
  CHECK(ReadExactly(client, 16) == "421 going down\r\n");
  // Not a reset, which might take the last line with it (RFC 1122, 4.2.2.13).
  char byte = 0;
  CHECK(::recv(client.get(), &byte, 1, 0) == 0);
  client.Reset();
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kFinished);
}

TEST_CASE("a client that stays after the service has ended in plaintext is not waited for") {
  TlsUnderTest tls(kImpatient);
  const TestCertificate certificate;
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  auto [client, far] = TcpConnection();
  UniqueFd program = tls.Begin(1, 1, far, 0, WireStartTls::kSmtp);
  far.Reset();
  Write(program, "421 full\r\n");
  program.Reset();
  CHECK(ReadToEnd(client) == "421 full\r\n");
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kFinished);
}

TEST_CASE("in plaintext too, whoever does not read what a service left is not waited for") {
  TlsUnderTest tls(kImpatient);
  const TestCertificate certificate;
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  TlsClient client;
  UniqueFd program = tls.Begin(1, 1, client.Open(), 0, WireStartTls::kSmtp, false);
  Write(program, "220 hi\r\n");
  Write(client.socket(), "MAIL FROM:<a@b>\r\n");
  CHECK(ReadExactly(program, 17) == "MAIL FROM:<a@b>\r\n");
  const timeval brief{1, 0};
  ::setsockopt(program.get(), SOL_SOCKET, SO_SNDTIMEO, &brief, sizeof brief);
  CHECK_FALSE(TryWrite(program, std::string(8'000'000, 'x')));
  program.Reset();
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kClientGone);
}

TEST_CASE("a service that ends during the handshake leaves no session behind it") {
  TlsUnderTest tls(kImpatient);
  const TestCertificate certificate;
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  TlsClient client;
  UniqueFd program = tls.Begin(1, 1, client.Open(), 0, WireStartTls::kSmtp);
  Write(program, "220 hi\r\n");
  CHECK(ReadExactly(client.socket(), 8) == "220 hi\r\n");
  Write(client.socket(), "STARTTLS\r\n");
  CHECK(ReadExactly(client.socket(), 30) == "220 2.0.0 Ready to start TLS\r\n");
  program.Reset();
  const auto before = std::clock();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  CHECK(std::clock() - before < CLOCKS_PER_SEC / 10);  // nobody turns in circles
  REQUIRE(client.Connect());
  tls.Next<AnswerTls>();
  tls.Admit(1);
  CHECK(client.ReadToClose().empty());
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kFinished);
}

TEST_CASE("who has not been let in by the deadline of its handshake is not carried any more") {
  TlsUnderTest tls;
  const TestCertificate certificate;
  TlsUnderTest::Wish wish;
  wish.ask.handshake_ms = 500;
  REQUIRE(tls.AddService(1, {&certificate}, wish).verdict == TlsVerdict::kGood);
  TlsClient client;
  const UniqueFd program = tls.Begin(1, 1, client.Open(), 0, WireStartTls::kSmtp);
  Write(program, "220 hi\r\n");
  CHECK(ReadExactly(client.socket(), 8) == "220 hi\r\n");
  Write(client.socket(), "STARTTLS\r\n");
  CHECK(ReadExactly(client.socket(), 30) == "220 2.0.0 Ready to start TLS\r\n");
  REQUIRE(client.Connect());
  tls.Next<AnswerTls>();
  REQUIRE(client.Write("MAIL FROM:<a@b>\r\n"));
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kHandshakeLate);
  CHECK(ReadToEnd(program).empty());
}

}  // namespace
}  // namespace postern::daemon
