// SPDX-License-Identifier: BSD-2-Clause
// Sessions that are resumed, and those that are not.
#include "tests/daemon/tls_fixture.h"

namespace postern::daemon {
namespace {

TEST_CASE("a session is resumed by its ticket, without a signature") {
  TlsUnderTest tls;
  const TestCertificate certificate;
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  const auto version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  TlsClient client;
  SSL_CTX_set_max_proto_version(client.context(), version);
  std::unique_ptr<SSL_SESSION, FreeBy<SSL_SESSION_free>> kept;
  for (SessionId id = 1; id <= 3; ++id) {
    const UniqueFd far = client.Open();
    if (kept) SSL_set_session(client.ssl(), kept.get());
    const UniqueFd program = tls.Begin(id, 1, far);
    REQUIRE(client.Connect());
    CAPTURE(version, id);
    CHECK(tls.Next<AnswerTls>().resumed == (id == 1 ? 0 : 1));
    Write(program, "x");
    CHECK(client.Read(1) == "x");  // the ticket comes before
    kept.reset(SSL_get1_session(client.ssl()));
    client.HalfClose();
    ::shutdown(program.get(), SHUT_RDWR);
    tls.Next<AnswerTlsDone>();
  }
}

TEST_CASE("under another name a session is not resumed: RFC 6066 section 3") {
  TlsUnderTest tls;
  const TestCertificate certificate({.names = {"DNS:*.b.test"}});
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  const auto version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  TlsClient client;
  SSL_CTX_set_max_proto_version(client.context(), version);
  std::unique_ptr<SSL_SESSION, FreeBy<SSL_SESSION_free>> first;
  SessionId id = 0;
  const auto resumed = [&](const char* host) {
    const UniqueFd far = client.Open();
    if (host != nullptr) client.Name(host);
    if (first) SSL_set_session(client.ssl(), first.get());
    const UniqueFd program = tls.Begin(++id, 1, far);
    REQUIRE(client.Connect());
    const auto handshake = tls.Next<AnswerTls>();
    CHECK(TextOf(handshake.server_name.data(), handshake.server_name_length) ==
          (host == nullptr ? "" : host));
    Write(program, "x");
    CHECK(client.Read(1) == "x");  // the ticket comes before
    if (!first) first.reset(SSL_get1_session(client.ssl()));
    client.HalfClose();
    ::shutdown(program.get(), SHUT_RDWR);
    tls.Next<AnswerTlsDone>();
    return handshake.resumed == 1;
  };
  CAPTURE(version);
  CHECK_FALSE(resumed("a.b.test"));
  CHECK(resumed("a.b.test"));
  CHECK_FALSE(resumed("c.b.test"));
  CHECK_FALSE(resumed(nullptr));
}

}  // namespace
}  // namespace postern::daemon
