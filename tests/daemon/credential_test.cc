// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/credential.h"

#include "tests/daemon/tls_fixture.h"

namespace postern::daemon {
namespace {

TEST_CASE("an OCSP response is for a certificate by serial, issuer's name and issuer's key") {
  TlsUnderTest tls;
  const TestCertificate issuer({.common_name = "issuer", .authority = true});
  const TestCertificate stranger({.common_name = "stranger", .authority = true});
  const TestCertificate twin({.common_name = "issuer", .authority = true});  // with another key
  const TestCertificate server({}, &issuer), other({}, &issuer);
  const TestCertificate namesake({}, &stranger);
  X509_set_serialNumber(namesake.certificate(), X509_get_serialNumber(server.certificate()));
  TlsServiceId id = 0;
  const auto verdict = [&](const std::string& staple, const std::string& chain) {
    TlsUnderTest::Wish wish;
    wish.staples = {staple};
    wish.chain = chain;
    return tls.AddService(++id, {&server}, wish).verdict;
  };
  const auto about = [](const TestCertificate& certificate, const TestCertificate& authority) {
    return testlib::StapleOf(certificate, authority, 3600);
  };
  // The issuer need not come first, nor at all.
  for (const std::string& chain : {issuer.pem(), stranger.pem() + issuer.pem(), std::string()}) {
    CHECK(verdict(about(server, issuer), chain) == TlsVerdict::kGood);
    CHECK(verdict(about(other, issuer), chain) == TlsVerdict::kBadStaple);
    CHECK(verdict(about(namesake, stranger), chain) == TlsVerdict::kBadStaple);
  }
  CHECK(verdict(about(server, twin), issuer.pem()) == TlsVerdict::kBadStaple);
  CHECK(verdict(about(server, twin), "") == TlsVerdict::kGood);  // nobody knows the key
}

}  // namespace
}  // namespace postern::daemon
