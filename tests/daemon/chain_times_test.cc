// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/chain_times.h"

#include "tests/daemon/tls_fixture.h"

namespace postern::daemon {
namespace {

constexpr long kDay = 24 * 60 * 60, kHour = 60 * 60;

// What is found of a server's certificate with this one between it and its root.
AnswerTlsService AnswerAbout(const testlib::CertificateWish& server,
                             testlib::CertificateWish between, bool judged = false) {
  TlsUnderTest tls;
  const TestCertificate root(
      {.common_name = "root", .until = 100 * kDay + kHour, .authority = true});
  between.common_name = "between";
  between.authority = true;
  const TestCertificate link(between, &root), certificate(server, &link);
  TlsUnderTest::Wish wish;
  wish.chain = link.pem() + root.pem();
  wish.judged = judged;
  return tls.AddService(1, {&certificate}, wish);
}

TEST_CASE("the days left are those of whichever of the chain is over first") {
  for (const auto& [server, between, days, first] :
       {std::tuple{30, 9, 9U, 1U}, {5, 9, 5U, 0U}, {200, 150, 100U, 2U}}) {
    const auto answer =
        AnswerAbout({.until = server * kDay + kHour}, {.until = between * kDay + kHour});
    CHECK(IsGood(answer));
    CHECK(answer.credentials[0].days_left == days);
    CHECK(answer.credentials[0].first_over == first);
  }
}

TEST_CASE("a link that is not in force is told, and keeps nothing down") {
  const testlib::CertificateWish server = {.until = 30 * kDay + kHour};
  const auto over = AnswerAbout(server, {.until = -60});
  CHECK(IsGood(over));
  CHECK(over.credentials[0].flaws == FlawSet{CredentialFlaw::kLinkExpired});
  CHECK(over.credentials[0].days_left == 30);
  const auto early = AnswerAbout(server, {.from = kHour, .until = 2 * kHour});
  CHECK(IsGood(early));
  CHECK(early.credentials[0].flaws == FlawSet{CredentialFlaw::kLinkNotYetValid});
}

TEST_CASE("a certificate that is not in force is bad, unless it was found good before") {
  const testlib::CertificateWish over = {.until = -60}, early = {.from = kHour, .until = 2 * kHour};
  const testlib::CertificateWish between = {.until = 30 * kDay + kHour};
  CHECK(AnswerAbout(over, between).credentials[0].flaws == FlawSet{CredentialFlaw::kExpired});
  CHECK(AnswerAbout(early, between).credentials[0].flaws == FlawSet{CredentialFlaw::kNotYetValid});
  for (const auto& wish : {over, early}) {
    CHECK_FALSE(IsGood(AnswerAbout(wish, between)));
    const auto judged = AnswerAbout(wish, over, /*judged=*/true);
    CHECK(IsGood(judged));
    CHECK(judged.credentials[0].flaws.empty());
  }
}

}  // namespace
}  // namespace postern::daemon
