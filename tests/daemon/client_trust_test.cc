// SPDX-License-Identifier: BSD-2-Clause
// Which authorities verify clients, and in which words the others are refused.
#include "tests/daemon/client_authority.h"

namespace postern::daemon {
namespace {

TEST_CASE("an authority between root and client verifies nobody alone, and is refused as such") {
  TlsUnderTest tls;
  const TestCertificate root({.common_name = "root", .authority = true});
  const TestCertificate between({.common_name = "between", .authority = true}, &root);
  const TestCertificate alice({.common_name = "alice"}, &between), server;
  CHECK(tls.AddService(1, {&server}, Trusting(between.pem())).flaws ==
        FlawSet{ServiceFlaw::kRootlessAuthorities});
  REQUIRE(IsGood(tls.AddService(2, {&server}, Trusting(between.pem() + root.pem()))));
  TlsClient client;
  Present(client, alice);
  const UniqueFd program = tls.Begin(1, 2, client.Open());
  CHECK(tls.Shake(client).verified == 1);
}

TEST_CASE("lists of some megabytes are read, and beyond sixteen none is") {
  TlsUnderTest tls;
  const TestCertificate root({.common_name = "root", .authority = true}), server;
  auto wish = Trusting(root.pem());
  wish.revocations = std::string(10'000'000, '#') + "\n" + testlib::RevocationListOf(root, 3600);
  CHECK(IsGood(tls.AddService(1, {&server}, wish)));
  wish.revocations.insert(0, 7'000'000, '#');
  CHECK(tls.AddService(2, {&server}, wish).flaws == FlawSet{ServiceFlaw::kBadRevocations});
}

TEST_CASE("whatever a client's certificate is refused for has a name") {
  TlsUnderTest tls;
  const TestCertificate root({.common_name = "root", .authority = true}), server;
  const TestCertificate twin({.common_name = "root", .authority = true});  // with another key
  const TestCertificate for_servers({.purpose = "serverAuth"}, &root);
  const TestCertificate weak({.kind = "RSA:1024"}, &root);
  const TestCertificate outdated({.sha1 = true}, &root);
  const TestCertificate alice({.common_name = "alice"}, &root), heir({}, &alice);
  REQUIRE(IsGood(tls.AddService(1, {&server}, Trusting(root.pem() + alice.pem()))));
  auto forged = Trusting(root.pem());
  forged.revocations = testlib::RevocationListOf(twin, 3600);
  REQUIRE(IsGood(tls.AddService(2, {&server}, forged)));
  auto late = Trusting(root.pem());
  late.revocations = testlib::RevocationListOf(root, -30);
  REQUIRE(IsGood(tls.AddService(3, {&server}, late)));
  SessionId id = 0;
  const auto fault = [&](TlsServiceId service, const TestCertificate& shown) {
    TlsClient client;
    Present(client, shown);
    const UniqueFd program = tls.Begin(++id, service, client.Open());
    client.Connect();  // in TLS 1.3 the client does not know yet
    return tls.Next<AnswerTlsDone>().fault;
  };
  CHECK(fault(1, for_servers) == TlsFault::kWrongPurpose);
  CHECK(fault(1, weak) == TlsFault::kWeakCertificate);
  CHECK(fault(1, outdated) == TlsFault::kWeakCertificate);
  CHECK(fault(1, heir) == TlsFault::kWrongAuthority);
  CHECK(fault(2, alice) == TlsFault::kNoRevocationList);
  CHECK(fault(3, alice) == TlsFault::kNoRevocationList);
}

}  // namespace
}  // namespace postern::daemon
