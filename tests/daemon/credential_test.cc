// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/credential.h"

#include "tests/daemon/tls_fixture.h"

namespace postern::daemon {
namespace {

constexpr FlawSet kBadStaple = {CredentialFlaw::kBadStaple};

TEST_CASE("an OCSP response is for a certificate by serial, issuer's name and issuer's key") {
  TlsUnderTest tls;
  const TestCertificate issuer({.common_name = "issuer", .authority = true});
  const TestCertificate stranger({.common_name = "stranger", .authority = true});
  const TestCertificate twin({.common_name = "issuer", .authority = true});  // with another key
  const TestCertificate server({}, &issuer), other({}, &issuer);
  const TestCertificate namesake({}, &stranger);
  X509_set_serialNumber(namesake.certificate(), X509_get_serialNumber(server.certificate()));
  TlsServiceId id = 0;
  const auto flaws = [&](const std::string& staple, const std::string& chain) {
    TlsUnderTest::Wish wish;
    wish.staples = {staple};
    wish.chain = chain;
    return tls.AddService(++id, {&server}, wish).credentials[0].flaws;
  };
  const auto about = [](const TestCertificate& certificate, const TestCertificate& authority) {
    return testlib::StapleOf(certificate, authority, 3600);
  };
  // The issuer need not come first, nor at all.
  for (const std::string& chain : {issuer.pem(), stranger.pem() + issuer.pem(), std::string()}) {
    CHECK(flaws(about(server, issuer), chain).empty());
    CHECK(flaws(about(other, issuer), chain) == kBadStaple);
    CHECK(flaws(about(namesake, stranger), chain) == kBadStaple);
  }
  CHECK(flaws(about(server, twin), issuer.pem()) == kBadStaple);
  CHECK(flaws(about(server, twin), "").empty());  // nobody knows the key
}

TEST_CASE(
    "an OCSP response that is over is refused, but from who was judged before just not sent") {
  TlsUnderTest tls;
  const TestCertificate authority({.common_name = "authority", .authority = true});
  const TestCertificate server({}, &authority);
  const auto add = [&](TlsServiceId id, long until, bool judged) {
    TlsUnderTest::Wish wish;
    wish.staples = {testlib::StapleOf(server, authority, until)};
    wish.judged = judged;
    return tls.AddService(id, {&server}, wish).credentials[0].flaws;
  };
  CHECK(add(1, -60, false) == kBadStaple);
  REQUIRE(add(2, -60, true).empty());
  REQUIRE(add(3, 3600, false).empty());
  for (const TlsServiceId service : {2U, 3U}) {
    TlsClient client;
    const UniqueFd far = client.Open();
    SSL_ctrl(client.ssl(), SSL_CTRL_SET_TLSEXT_STATUS_REQ_TYPE, TLSEXT_STATUSTYPE_ocsp, nullptr);
    const UniqueFd program = tls.Begin(service, service, far);
    tls.Shake(client);
    unsigned char* staple = nullptr;
    const long length =
        SSL_ctrl(client.ssl(), SSL_CTRL_GET_TLSEXT_STATUS_REQ_OCSP_RESP, 0, &staple);
    CHECK((length > 0) == (service == 3));
    client.Vanish();
    tls.Next<AnswerTlsDone>();
  }
}

// Of an RSA key, since its signatures are of one size.
TEST_CASE("an OCSP response that TLS 1.3 has no room for is refused, and one byte less is sent") {
  TlsUnderTest tls;
  const TestCertificate authority(
      {.kind = "RSA:2048", .common_name = "authority", .authority = true});
  const TestCertificate server({}, &authority);
  constexpr std::size_t kMuch = 60'000;
  const std::size_t rest = testlib::StapleOf(server, authority, 3600, kMuch).size() - kMuch;
  const auto add = [&](TlsServiceId id, std::size_t size) {
    TlsUnderTest::Wish wish;
    wish.staples = {testlib::StapleOf(server, authority, 3600, size - rest)};
    REQUIRE(wish.staples[0].size() == size);
    return tls.AddService(id, {&server}, wish);
  };
  CHECK(add(1, kMaxStaple + 1).credentials[0].flaws == FlawSet{CredentialFlaw::kLongStaple});
  REQUIRE(IsGood(add(2, kMaxStaple)));
  TlsClient client;
  const UniqueFd far = client.Open();
  SSL_ctrl(client.ssl(), SSL_CTRL_SET_TLSEXT_STATUS_REQ_TYPE, TLSEXT_STATUSTYPE_ocsp, nullptr);
  const UniqueFd program = tls.Begin(2, 2, far);
  CHECK(tls.Shake(client).version == kTls13);
  unsigned char* staple = nullptr;
  const long length = SSL_ctrl(client.ssl(), SSL_CTRL_GET_TLSEXT_STATUS_REQ_OCSP_RESP, 0, &staple);
  CHECK(length == static_cast<long>(kMaxStaple));
}

}  // namespace
}  // namespace postern::daemon
