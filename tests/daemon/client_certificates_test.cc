// SPDX-License-Identifier: BSD-2-Clause
// Clients that are asked for certificates.
#include "tests/daemon/client_authority.h"

namespace postern::daemon {
namespace {

TEST_CASE("client certificates: who they are, and what keeps them out") {
  TlsUnderTest tls;
  const ClientAuthority clients;
  const TestCertificate server, stranger({.common_name = "mallory"});
  const TestCertificate old({.common_name = "old", .until = -1}, &clients.authority);
  const TestCertificate soon({.common_name = "soon", .from = 600}, &clients.authority);
  TlsUnderTest::Wish wish;
  wish.ask.verify = WireVerify::kRequire;
  wish.authorities = clients.authority.pem();
  REQUIRE(tls.AddService(1, {&server}, wish).verdict == TlsVerdict::kGood);
  SessionId id = 0;
  const auto fault = [&](const TestCertificate* shown, int version) {
    TlsClient client;
    SSL_CTX_set_max_proto_version(client.context(), version);
    if (shown != nullptr) Present(client, *shown);
    const UniqueFd program = tls.Begin(++id, 1, client.Open());
    client.Connect();  // in TLS 1.3 the client does not know yet
    const auto done = tls.Next<AnswerTlsDone>();
    CHECK(done.outcome == TlsOutcome::kHandshakeFailed);
    CHECK(ReadToEnd(program).empty());
    return done.fault;
  };
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CHECK(fault(nullptr, version) == TlsFault::kNoCertificate);
    CHECK(fault(&stranger, version) == TlsFault::kUnknownAuthority);
    CHECK(fault(&old, version) == TlsFault::kCertificateExpired);
    CHECK(fault(&soon, version) == TlsFault::kCertificateNotYetValid);
  }
  TlsClient client;
  Present(client, clients.good);
  const UniqueFd program = tls.Begin(++id, 1, client.Open());
  REQUIRE(client.Connect());
  const auto handshake = tls.Next<AnswerTls>();
  CHECK(Valid(handshake));
  CHECK(handshake.verified == 1);
  CHECK(handshake.more_names == 0);
  CHECK(TextOf(handshake.subject.data(), handshake.subject_length) == "CN=alice");
  CHECK(TextOf(handshake.issuer.data(), handshake.issuer_length) == "CN=clients");
  REQUIRE(handshake.name_count == 3);
  CHECK(handshake.names[0].kind == WireCertNameKind::kDns);
  CHECK(std::string(handshake.names[0].text.data(), handshake.names[0].length) == "alice.test");
  CHECK(handshake.names[1].kind == WireCertNameKind::kEmail);
  CHECK(handshake.names[2].kind == WireCertNameKind::kCommonName);
}

TEST_CASE("who was verified once is asked again when an authority, or a list, is over since") {
  TlsUnderTest tls;
  constexpr long kLife = 6;  // seconds, enough for four handshakes on a busy machine
  const bool by_list = GENERATE(false, true);
  const TestCertificate authority(
      {.common_name = "clients", .until = by_list ? 3600 : kLife, .authority = true});
  const TestCertificate alice({.common_name = "alice"}, &authority), server;
  TlsUnderTest::Wish wish;
  wish.ask.verify = WireVerify::kRequire;
  wish.authorities = authority.pem();
  if (by_list) wish.revocations = testlib::RevocationListOf(authority, kLife);
  REQUIRE(tls.AddService(1, {&server}, wish).verdict == TlsVerdict::kGood);
  struct Visitor {
    TlsClient client;
    std::unique_ptr<SSL_SESSION, FreeBy<SSL_SESSION_free>> kept;
  };
  Visitor visitors[2];
  SSL_CTX_set_max_proto_version(visitors[0].client.context(), TLS1_2_VERSION);
  SessionId id = 0;
  const auto visit = [&](Visitor& visitor) {
    const UniqueFd far = visitor.client.Open();
    if (visitor.kept) SSL_set_session(visitor.client.ssl(), visitor.kept.get());
    return tls.Begin(++id, 1, far);
  };
  for (Visitor& visitor : visitors) {
    Present(visitor.client, alice);
    for (const std::uint32_t resumed : {0U, 1U}) {
      const UniqueFd program = visit(visitor);
      REQUIRE(visitor.client.Connect());
      const auto handshake = tls.Next<AnswerTls>();
      CHECK(handshake.verified == 1);
      CHECK(handshake.resumed == resumed);
      Write(program, "x");
      CHECK(visitor.client.Read(1) == "x");  // the ticket comes before
      visitor.kept.reset(SSL_get1_session(visitor.client.ssl()));
      visitor.client.HalfClose();
      ::shutdown(program.get(), SHUT_RDWR);
      tls.Next<AnswerTlsDone>();
    }
  }
  std::this_thread::sleep_for(std::chrono::seconds(kLife + 1));
  for (Visitor& visitor : visitors) {
    const UniqueFd program = visit(visitor);
    visitor.client.Connect();
    const auto done = tls.Next<AnswerTlsDone>();
    CHECK(done.outcome == TlsOutcome::kHandshakeFailed);
    CHECK(done.fault == (by_list ? TlsFault::kNoRevocationList : TlsFault::kCertificateExpired));
  }
}

TEST_CASE("authorities whose names do not fit in a handshake are trusted, and not named") {
  TlsUnderTest tls;
  const ClientAuthority clients;
  const TestCertificate server;
  TlsUnderTest::Wish wish;
  wish.ask.verify = WireVerify::kRequire;
  wish.authorities = clients.authority.pem();
  for (int i = 0; i < 900; ++i) {
    const std::string number = std::to_string(i);
    const TestCertificate other(
        {.common_name = number + std::string(64 - number.size(), 'x'), .authority = true});
    wish.authorities += other.pem();
  }
  REQUIRE(tls.AddService(1, {&server}, wish).verdict == TlsVerdict::kGood);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client;
    SSL_CTX_set_max_proto_version(client.context(), version);
    Present(client, clients.good);
    const UniqueFd program = tls.Begin(static_cast<SessionId>(version), 1, client.Open());
    REQUIRE(client.Connect());
    CHECK(tls.Next<AnswerTls>().verified == 1);
    client.Vanish();
    tls.Next<AnswerTlsDone>();
  }
}

TEST_CASE("with `request` a client may come without, but not with a bad one") {
  TlsUnderTest tls;
  const ClientAuthority clients;
  const TestCertificate server, stranger({.common_name = "mallory"});
  TlsUnderTest::Wish wish;
  wish.ask.verify = WireVerify::kRequest;
  wish.authorities = clients.authority.pem();
  REQUIRE(tls.AddService(1, {&server}, wish).verdict == TlsVerdict::kGood);
  TlsClient none;
  const UniqueFd program = tls.Begin(1, 1, none.Open());
  REQUIRE(none.Connect());
  CHECK(tls.Next<AnswerTls>().verified == 0);
  none.Vanish();
  tls.Next<AnswerTlsDone>();
  TlsClient bad;
  Present(bad, stranger);
  const UniqueFd unused = tls.Begin(2, 1, bad.Open());
  bad.Connect();
  CHECK(tls.Next<AnswerTlsDone>().fault == TlsFault::kUnknownAuthority);
}

}  // namespace
}  // namespace postern::daemon
