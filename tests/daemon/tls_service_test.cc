// SPDX-License-Identifier: BSD-2-Clause
// What a service of postern-tls offers: which certificate, which protocol, and what cannot serve.
#include "daemon/tls/tls_service.h"

#include "tests/daemon/served_client.h"

namespace postern::daemon {
namespace {

TEST_CASE("names choose certificates; one that none has gets the first, or an end") {
  TlsUnderTest tls;
  const TestCertificate a({.common_name = "a", .names = {"DNS:a.test"}});
  const TestCertificate b({.common_name = "b", .names = {"DNS:*.b.test"}});
  TlsUnderTest::Wish strict;
  strict.ask.strict_names = 1;
  REQUIRE(IsGood(tls.AddService(1, {&a, &b})));
  REQUIRE(IsGood(tls.AddService(2, {&a, &b}, strict)));
  SessionId id = 0;
  const auto served = [&](TlsServiceId service, const char* host) -> std::string {
    TlsClient client;
    const UniqueFd far = client.Open();
    client.Name(host);
    const UniqueFd program = tls.Begin(++id, service, far);
    if (!client.Connect()) {
      const auto done = tls.Next<AnswerTlsDone>();
      CHECK(done.outcome == TlsOutcome::kHandshakeFailed);
      CHECK(done.fault == TlsFault::kUnknownName);
      return "refused";
    }
    const auto handshake = tls.Next<AnswerTls>();
    CHECK(TextOf(handshake.server_name.data(), handshake.server_name_length) ==
          (host == nullptr ? "" : host));
    X509* const shown = SSL_get0_peer_certificate(client.ssl());
    client.Vanish();
    CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kClientGone);
    return X509_cmp(shown, a.certificate()) == 0 ? "a" : "b";
  };
  CHECK(served(1, "a.test") == "a");
  CHECK(served(1, "X.B.test") == "b");
  CHECK(served(1, "c.test") == "a");
  CHECK(served(1, nullptr) == "a");
  CHECK(served(2, "x.b.test") == "b");
  CHECK(served(2, "x.y.b.test") == "refused");
  CHECK(served(2, nullptr) == "refused");
}

TEST_CASE("for a name that none has the first serves, whatever kind of key the client prefers") {
  TlsUnderTest tls;
  const TestCertificate first({.kind = "RSA:2048", .names = {"DNS:a.test"}}),
      other({.names = {"DNS:b.test"}}), twin({.names = {"DNS:a.test"}});
  REQUIRE(IsGood(tls.AddService(1, {&first, &other})));
  REQUIRE(IsGood(tls.AddService(2, {&first, &other, &twin})));
  SessionId id = 0;
  for (const auto& [service, expected] :
       {std::pair<TlsServiceId, const TestCertificate*>{1, &first}, {2, &twin}}) {
    for (const char* host : {"c.test", static_cast<const char*>(nullptr)}) {
      TlsClient client;
      const UniqueFd far = client.Open();
      client.Name(host);
      const UniqueFd program = tls.Begin(++id, service, far);
      tls.Shake(client);
      CHECK(X509_cmp(SSL_get0_peer_certificate(client.ssl()), expected->certificate()) == 0);
      client.Vanish();
      tls.Next<AnswerTlsDone>();
    }
  }
}

TEST_CASE("of two certificates for one name the client gets the one it understands") {
  TlsUnderTest tls;
  const TestCertificate ec({.names = {"DNS:a.test"}}),
      rsa({.kind = "RSA:2048", .names = {"DNS:a.test"}});
  REQUIRE(IsGood(tls.AddService(1, {&ec, &rsa})));
  SessionId id = 0;
  for (const auto& [signatures, expected] :
       {std::pair{"ECDSA+SHA256", &ec}, {"RSA-PSS+SHA256", &rsa}}) {
    TlsClient client;
    SSL_CTX_set1_sigalgs_list(client.context(), signatures);
    const UniqueFd program = tls.Begin(++id, 1, client.Open());
    tls.Shake(client);
    CHECK(X509_cmp(SSL_get0_peer_certificate(client.ssl()), expected->certificate()) == 0);
    tls.End(client, program);
  }
}

TEST_CASE("ALPN chooses in our order, and ends a handshake with nothing in common") {
  TlsUnderTest::Wish wish;
  const std::string ours = "\x03two\x03one";
  std::copy(ours.begin(), ours.end(), wish.ask.alpn.begin());
  wish.ask.alpn_length = static_cast<std::uint32_t>(ours.size());
  OneService tls({.service = wish});
  const auto offer = [](TlsClient& client, const std::string& list) {
    SSL_CTX_set_alpn_protos(client.context(), reinterpret_cast<const unsigned char*>(list.data()),
                            static_cast<unsigned>(list.size()));
  };
  TlsClient client;
  offer(client, "\x03one\x03two");
  const UniqueFd program = tls.Begin(1, 1, client.Open());
  const auto handshake = tls.Shake(client);
  CHECK(TextOf(handshake.alpn.data(), handshake.alpn_length) == "two");
  client.Vanish();
  tls.Next<AnswerTlsDone>();
  TlsClient other;
  offer(other, "\x05three");
  const UniqueFd unused = tls.Begin(2, 1, other.Open());
  CHECK_FALSE(other.Connect());
  CHECK(tls.Next<AnswerTlsDone>().fault == TlsFault::kNoProtocol);
}

TEST_CASE("all that is wrong with a service is told at once, of each of its certificates") {
  TlsUnderTest tls;
  const TestCertificate authority({.common_name = "authority", .authority = true});
  const TestCertificate good({}, &authority), over({.until = -60}, &authority),
      outdated({.until = -60, .sha1 = true}, &authority);
  TlsUnderTest::Wish wish;
  wish.authorities = "no certificate";
  wish.revocations = "no list";
  wish.staples = {testlib::StapleOf(good, authority, 3600), "no response"};
  const auto answer = tls.AddService(1, {&good, &over, &outdated}, wish);
  CHECK(answer.flaws == FlawSet{ServiceFlaw::kBadAuthorities, ServiceFlaw::kBadRevocations});
  using enum CredentialFlaw;
  CHECK(answer.credentials[0].flaws.empty());
  CHECK(answer.credentials[1].flaws == FlawSet{kExpired, kBadStaple});
  CHECK(answer.credentials[2].flaws == FlawSet{kExpired, kUnusable});
  CHECK(IsGood(tls.AddService(2, {&good})));
  TlsClient client;
  const UniqueFd program = tls.Begin(1, 1, client.Open());
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kUnknownService);
}

TEST_CASE("a service without a certificate is judged, and not kept") {
  TlsUnderTest tls;
  TlsUnderTest::Wish wish;
  CHECK(IsGood(tls.AddService(1, {}, wish)));
  wish.authorities = "no certificate";
  CHECK(tls.AddService(1, {}, wish).flaws == FlawSet{ServiceFlaw::kBadAuthorities});
  TlsClient client;
  const UniqueFd program = tls.Begin(1, 1, client.Open());
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kUnknownService);
}

TEST_CASE("what cannot serve is not taken, with the reason") {
  TlsUnderTest tls;
  const TestCertificate certificate;
  TlsUnderTest::Wish wish;
  wish.authorities = "no certificate";
  const auto answer = [&](TlsServiceId id) { return tls.AddService(id, {&certificate}, wish); };
  CHECK(answer(1).flaws == FlawSet{ServiceFlaw::kBadAuthorities});
  wish.authorities = certificate.pem() + certificate.key_pem();
  CHECK(answer(6).flaws == FlawSet{ServiceFlaw::kBadAuthorities});
  wish.authorities = certificate.pem();
  wish.revocations = "no list";
  CHECK(answer(2).flaws == FlawSet{ServiceFlaw::kBadRevocations});
  wish.revocations.clear();
  wish.staples = {"no response"};
  CHECK(answer(3).credentials[0].flaws == FlawSet{CredentialFlaw::kBadStaple});
  wish.staples.clear();
  wish.chain = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  CHECK(answer(4).credentials[0].flaws == FlawSet{CredentialFlaw::kUnreadable});
  wish.chain.clear();
  CHECK(IsGood(answer(5)));
  const TestCertificate authority({.common_name = "authority", .authority = true});
  const TestCertificate outdated({.sha1 = true}, &authority);
  CHECK(tls.AddService(7, {&outdated}).credentials[0].flaws == FlawSet{CredentialFlaw::kUnusable});
  TlsClient client;
  const UniqueFd program = tls.Begin(1, 3, client.Open());
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kUnknownService);
}

}  // namespace
}  // namespace postern::daemon
