// SPDX-License-Identifier: BSD-2-Clause
// The plaintext in front of STARTTLS, or in its place, and how it ends.
#include <ctime>

#include "tests/daemon/served_client.h"

namespace postern::daemon {
namespace {

// A service that is gone is owed nothing but the delivery of its last words, for a while.
constexpr TlsSession::Patience kImpatient{
    .idle = {}, .flush = std::chrono::milliseconds(300), .linger = std::chrono::milliseconds(300)};

constexpr char kReady[] = "220 2.0.0 Ready to start TLS\r\n";

TEST_CASE("a dialogue comes before the handshake, and plaintext after it where that is allowed") {
  OneService tls;
  TlsClient client;
  const UniqueFd program = tls.Begin(1, 1, client.Open(), 0, WireStartTls::kSmtp);
  CHECK(Passes(program, "220 hi\r\n", client.socket()));
  CHECK(Passes(client.socket(), "EHLO me\r\n", program));
  CHECK(Passes(program, "250 me\r\n", client.socket(), "250-me\r\n250 STARTTLS\r\n"));
  CHECK(Passes(client.socket(), "STARTTLS\r\n", client.socket(), kReady));
  tls.Shake(client);
  REQUIRE(client.Write("EHLO again\r\n"));
  CHECK_FALSE(Await(program, POLLIN, 200));  // posternd has not let it in
  tls.Admit(1);
  CHECK(ReadExactly(program, 12) == "EHLO again\r\n");
  client.Vanish();
  tls.Next<AnswerTlsDone>();

  TlsClient plain;
  const UniqueFd second = tls.Begin(2, 1, plain.Open(), 0, WireStartTls::kSmtp, false);
  CHECK(Passes(second, "220 hi\r\n", plain.socket()));
  CHECK(Passes(plain.socket(), "MAIL FROM:<a@b>\r\n", second));
  ::shutdown(plain.socket().get(), SHUT_WR);
  CHECK(ReadToEnd(second).empty());
  Write(second, "250 ok\r\n");
  ::shutdown(second.get(), SHUT_RDWR);
  CHECK(ReadExactly(plain.socket(), 8) == "250 ok\r\n");
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kFinished);
}

TEST_CASE("what the service has said behind the last answer comes inside of TLS") {
  OneService tls;
  TlsClient client;
  const UniqueFd program = tls.Begin(1, 1, client.Open(), 0, WireStartTls::kImap);
  Write(program, "* OK hi\r\n");
  CHECK(Passes(client.socket(), "a NOOP\r\nb STARTTLS\r\n", program, "a NOOP\r\n"));
  CHECK(Passes(program, "a OK done\r\n* 1 EXISTS\r\n", client.socket(),
               "* OK hi\r\na OK done\r\nb OK Begin TLS negotiation now\r\n"));
  tls.Shake(client);
  tls.Admit(1);
  CHECK(client.Read(12) == "* 1 EXISTS\r\n");
}

TEST_CASE("a service that ends in plaintext loses nothing to what its client says meanwhile") {
  OneService tls;
  auto [client, far] = TcpConnection();
  UniqueFd program = tls.Begin(1, 1, far, 0, WireStartTls::kSmtp, false);
  far.Reset();
  CHECK(Passes(program, "220 hi\r\n", client));
  CHECK(Passes(client, "MAIL FROM:<a@b>\r\n", program));
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
  OneService tls({.patience = kImpatient});
  auto [client, far] = TcpConnection();
  UniqueFd program = tls.Begin(1, 1, far, 0, WireStartTls::kSmtp);
  far.Reset();
  Write(program, "421 full\r\n");
  program.Reset();
  CHECK(ReadToEnd(client) == "421 full\r\n");
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kFinished);
}

TEST_CASE("in plaintext too, whoever does not read what a service left is not waited for") {
  OneService tls({.patience = kImpatient});
  TlsClient client;
  UniqueFd program = tls.Begin(1, 1, client.Open(), 0, WireStartTls::kSmtp, false);
  Write(program, "220 hi\r\n");
  CHECK(Passes(client.socket(), "MAIL FROM:<a@b>\r\n", program));
  const timeval brief{1, 0};
  ::setsockopt(program.get(), SOL_SOCKET, SO_SNDTIMEO, &brief, sizeof brief);
  CHECK_FALSE(TryWrite(program, std::string(8'000'000, 'x')));
  program.Reset();
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kClientGone);
}

TEST_CASE("a service that ends during the handshake leaves no session behind it") {
  OneService tls({.patience = kImpatient});
  TlsClient client;
  UniqueFd program = tls.Begin(1, 1, client.Open(), 0, WireStartTls::kSmtp);
  CHECK(Passes(program, "220 hi\r\n", client.socket()));
  CHECK(Passes(client.socket(), "STARTTLS\r\n", client.socket(), kReady));
  program.Reset();
  const auto before = std::clock();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  CHECK(std::clock() - before < CLOCKS_PER_SEC / 10);  // nobody turns in circles
  tls.Shake(client);
  tls.Admit(1);
  CHECK(client.ReadToClose().empty());
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kFinished);
}

TEST_CASE("who has not been let in by the deadline of its handshake is not carried any more") {
  OneService tls({.service = {.ask = {.handshake_ms = 500}}});
  TlsClient client;
  const UniqueFd program = tls.Begin(1, 1, client.Open(), 0, WireStartTls::kSmtp);
  CHECK(Passes(program, "220 hi\r\n", client.socket()));
  CHECK(Passes(client.socket(), "STARTTLS\r\n", client.socket(), kReady));
  tls.Shake(client);
  REQUIRE(client.Write("MAIL FROM:<a@b>\r\n"));
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kHandshakeLate);
  CHECK(ReadToEnd(program).empty());
}

}  // namespace
}  // namespace postern::daemon
