// SPDX-License-Identifier: BSD-2-Clause
// Which authorities verify clients, and in which words the others are refused.
#include "tests/daemon/tls_fixture.h"

namespace postern::daemon {
namespace {

void Present(TlsClient& client, const TestCertificate& certificate) {
  SSL_CTX_set_security_level(client.context(), 0);  // it shows what it was told to
  REQUIRE(SSL_CTX_use_certificate(client.context(), certificate.certificate()) == 1);
  REQUIRE(SSL_CTX_use_PrivateKey(client.context(), certificate.key()) == 1);
}

TlsUnderTest::Wish Trusting(const std::string& authorities) {
  TlsUnderTest::Wish wish;
  wish.ask.verify = WireVerify::kRequire;
  wish.authorities = authorities;
  return wish;
}

TEST_CASE("an authority between root and client verifies nobody alone, and is refused as such") {
  TlsUnderTest tls;
  const TestCertificate root({.common_name = "root", .authority = true});
  const TestCertificate between({.common_name = "between", .authority = true}, &root);
  const TestCertificate alice({.common_name = "alice"}, &between), server;
  CHECK(tls.AddService(1, {&server}, Trusting(between.pem())).verdict ==
        TlsVerdict::kRootlessAuthorities);
  REQUIRE(tls.AddService(2, {&server}, Trusting(between.pem() + root.pem())).verdict ==
          TlsVerdict::kGood);
  TlsClient client;
  Present(client, alice);
  const UniqueFd program = tls.Begin(1, 2, client.Open());
  REQUIRE(client.Connect());
  CHECK(tls.Next<AnswerTls>().verified == 1);
}

}  // namespace
}  // namespace postern::daemon
