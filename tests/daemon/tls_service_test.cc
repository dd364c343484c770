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
  REQUIRE(tls.AddService(1, {&a, &b}).verdict == TlsVerdict::kGood);
  REQUIRE(tls.AddService(2, {&a, &b}, strict).verdict == TlsVerdict::kGood);
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
  REQUIRE(tls.AddService(1, {&first, &other}).verdict == TlsVerdict::kGood);
  REQUIRE(tls.AddService(2, {&first, &other, &twin}).verdict == TlsVerdict::kGood);
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
  REQUIRE(tls.AddService(1, {&ec, &rsa}).verdict == TlsVerdict::kGood);
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

TEST_CASE("what cannot serve is not taken, with the reason") {
  TlsUnderTest tls;
  const TestCertificate certificate;
  TlsUnderTest::Wish wish;
  wish.authorities = "no certificate";
  const auto verdict = [&](TlsServiceId id) {
    return tls.AddService(id, {&certificate}, wish).verdict;
  };
  CHECK(verdict(1) == TlsVerdict::kBadAuthorities);
  wish.authorities = certificate.pem() + certificate.key_pem();
  CHECK(verdict(6) == TlsVerdict::kBadAuthorities);
  wish.authorities = certificate.pem();
  wish.revocations = "no list";
  CHECK(verdict(2) == TlsVerdict::kBadRevocations);
  wish.revocations.clear();
  wish.staples = {"no response"};
  CHECK(verdict(3) == TlsVerdict::kBadStaple);
  wish.staples.clear();
  wish.chain = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  CHECK(verdict(4) == TlsVerdict::kBadCertificate);
  wish.chain.clear();
  CHECK(verdict(5) == TlsVerdict::kGood);
  const TestCertificate authority({.common_name = "authority", .authority = true});
  const TestCertificate outdated({.sha1 = true}, &authority);
  CHECK(tls.AddService(7, {&outdated}).verdict == TlsVerdict::kBadCertificate);
  TlsClient client;
  const UniqueFd program = tls.Begin(1, 3, client.Open());
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kUnknownService);
}

}  // namespace
}  // namespace postern::daemon
