// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/client_identity.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/testlib/certificates.h"

namespace postern::daemon {
namespace {

AnswerTls Described(const testlib::CertificateWish& wish) {
  const testlib::Certificate certificate(wish);
  AnswerTls answer;
  answer.version = kTls13;
  answer.cipher_length = 1;
  answer.cipher[0] = 'x';
  DescribeCertificate(certificate.certificate(), answer);
  CHECK(Valid(answer));
  return answer;
}

std::string NameOf(const AnswerTls& answer, std::size_t index) {
  return {answer.names[index].text.data(), answer.names[index].length};
}

TEST_CASE("names of all kinds are told, addresses as text") {
  const auto answer = Described({.common_name = "alice",
                                 .names = {"DNS:a.test", "email:a@b.test", "URI:spiffe://t/a",
                                           "IP:192.0.2.7", "IP:2001:db8::7"}});
  REQUIRE(answer.name_count == 6);
  CHECK(NameOf(answer, 0) == "a.test");
  CHECK(NameOf(answer, 1) == "a@b.test");
  CHECK(NameOf(answer, 2) == "spiffe://t/a");
  CHECK(NameOf(answer, 3) == "192.0.2.7");
  CHECK(NameOf(answer, 4) == "2001:db8::7");
  CHECK(NameOf(answer, 5) == "alice");
  CHECK(answer.names[5].kind == WireCertNameKind::kCommonName);
  CHECK(answer.more_names == 0);
}

TEST_CASE("what is no plain text is left out, and it is told that something was") {
  for (const std::string& name : {std::string("al\nice"), std::string("al\0ice", 6),
                                  std::string("al\xc3\xaf") + "ce", std::string()}) {
    const auto answer = Described({.common_name = name});
    CHECK(answer.name_count == 0);
    CHECK((answer.more_names == 1 || name.empty()));
  }
  // The subject is escaped (RFC 2253), so it is told.
  const auto answer = Described({.common_name = "al\nice"});
  CHECK(std::string(answer.subject.data(), answer.subject_length) == "CN=al\\0Aice");
}

TEST_CASE("more names than there is room for") {
  testlib::CertificateWish wish;
  for (int i = 0; i < 8; ++i) wish.names.push_back("DNS:" + std::to_string(i) + ".test");
  const auto answer = Described(wish);
  CHECK(answer.name_count == kMaxCertNames);
  CHECK(answer.more_names == 1);  // the common name
}

TEST_CASE("a name of another kind is not lost silently") {
  const auto answer = Described({.names = {"RID:1.2.3.4", "DNS:a.test"}});
  CHECK(answer.more_names == 1);
  CHECK(NameOf(answer, 0) == "a.test");
}

}  // namespace
}  // namespace postern::daemon
