// SPDX-License-Identifier: BSD-2-Clause
// The plaintext in front of STARTTLS, or in its place: how it ends.
#include "tests/daemon/tls_fixture.h"

namespace postern::daemon {
namespace {

constexpr TlsLimits kImpatient{.descriptors = 4096,
                               .patience = {.idle = {}, .linger = std::chrono::milliseconds(300)}};

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

}  // namespace
}  // namespace postern::daemon
