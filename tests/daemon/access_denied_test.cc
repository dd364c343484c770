// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/access_denied.h"

#include <openssl/err.h>

#include "tests/daemon/served_client.h"

namespace postern::daemon {
namespace {

TEST_CASE("whoever is refused after the handshake is told so, whatever it has sent by then") {
  OneService tls;
  SessionId id = 0;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    TlsClient client(version);
    const UniqueFd program = tls.Begin(++id, 1, client.Open(TcpConnection()));
    tls.Shake(client);
    REQUIRE(client.Write(std::string(100'000, 'x')));
    tls.Refuse(id);
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

TEST_CASE("a client may have an extension of the same number, for its own use") {
  OneService tls;
  SessionId id = 0;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    TlsClient client(version);
    // Without content, and without an answer.
    REQUIRE(SSL_CTX_add_custom_ext(client.context(), 0xff49, SSL_EXT_CLIENT_HELLO, nullptr, nullptr,
                                   nullptr, nullptr, nullptr) == 1);
    const UniqueFd program = tls.Begin(++id, 1, client.Open());
    tls.Shake(client);
    REQUIRE(client.Write("x"));
    CHECK(ReadExactly(program, 1) == "x");
    tls.Refuse(id);
    CHECK(client.ReadToClose() == "<cut>");
    client.Vanish();
    CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kRefused);
  }
}

TEST_CASE("a refused client that stays is not waited for, nor one that reads nothing") {
  ServedClient served({.patience = Lingering(std::chrono::milliseconds(300))});
  served.Refuse(1);
  CHECK(served.Next<AnswerTlsDone>().outcome == TlsOutcome::kRefused);
  CHECK(ReadToEnd(served.program).empty());
  served.Refuse(1);  // it crosses the answer
  TlsClient early;
  const UniqueFd unused = served.Begin(2, 1, early.Open());
  served.Refuse(2);
  CHECK(served.AwaitEnd() == TlsRelay::State::kGarbage);
}

}  // namespace
}  // namespace postern::daemon
