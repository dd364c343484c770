// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/access_denied.h"

#include <openssl/err.h>

#include "tests/daemon/tls_fixture.h"

namespace postern::daemon {
namespace {

TEST_CASE("whoever is refused after the handshake is told so, whatever it has sent by then") {
  TlsUnderTest tls;
  const TestCertificate certificate;
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  SessionId id = 0;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    TlsClient client;
    SSL_CTX_set_max_proto_version(client.context(), version);
    const UniqueFd program = tls.Begin(++id, 1, client.Open(TcpConnection()));
    REQUIRE(client.Connect());
    tls.Next<AnswerTls>();
    REQUIRE(client.Write(std::string(100'000, 'x')));
    AskTlsRefuse refuse;
    refuse.header.session = id;
    tls.Send(tls.tls(), refuse);
    REQUIRE(client.Write(std::string(1000, 'x')));
    ERR_clear_error();
    char byte = 0;
    const int error = SSL_get_error(client.ssl(), SSL_read(client.ssl(), &byte, 1));
    CHECK(error == SSL_ERROR_SSL);  // no close_notify
    const int reason = ERR_GET_REASON(ERR_peek_error());
    CHECK(reason == (version == TLS1_3_VERSION ? SSL_R_TLSV1_ALERT_ACCESS_DENIED
                                               : SSL_R_UNEXPECTED_EOF_WHILE_READING));
    client.Vanish();
    CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kRefused);
  }
}

TEST_CASE("a refused client that stays is not waited for, nor one that reads nothing") {
  TlsUnderTest tls(
      {.descriptors = 4096, .patience = {.idle = {}, .linger = std::chrono::milliseconds(300)}});
  const TestCertificate certificate;
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  TlsClient client;
  const UniqueFd program = tls.Begin(1, 1, client.Open());
  REQUIRE(client.Connect());
  tls.Next<AnswerTls>();
  AskTlsRefuse refuse;
  refuse.header.session = 1;
  tls.Send(tls.tls(), refuse);
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kRefused);
  CHECK(ReadToEnd(program).empty());
  tls.Send(tls.tls(), refuse);  // it crosses the answer
  TlsClient early;
  const UniqueFd unused = tls.Begin(2, 1, early.Open());
  refuse.header.session = 2;
  tls.Send(tls.tls(), refuse);
  CHECK(tls.AwaitEnd() == TlsRelay::State::kGarbage);
}

}  // namespace
}  // namespace postern::daemon
