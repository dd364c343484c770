// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/tls_findings.h"

#include <fcntl.h>

#include <catch2/catch.hpp>
#include <string>

namespace postern::daemon {
namespace {

using policy::check::TlsFile;

// Of two pairs, the first without a certificate that could be opened.
TlsSetup HalfOpen() {
  TlsSetup setup;
  setup.service = std::string("x");
  setup.spec.pairs = {{{"/c1"}, {"/k1"}}, {{"/c2"}, {"/k2"}, {"/o2"}}};
  setup.pairs.resize(2);
  setup.pairs[1].certificate = sandbox::sys::UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  return setup;
}

TEST_CASE("a pair has a flaw for each that was found, with its file") {
  const auto flaws = FlawsOf(HalfOpen(), 0, {KeyFlaw::kMismatch, KeyFlaw::kKeyInCertificate});
  REQUIRE(flaws.size() == 2);
  CHECK(flaws[0].code == policy::check::kKeyMismatch);
  CHECK(flaws[0].file == TlsFile::kPrivateKey);
  CHECK(flaws[0].text == "the private key is not the certificate's (/c1, /k1)");
  CHECK(flaws[1].code == policy::check::kBadCertificate);
  CHECK(flaws[1].file == TlsFile::kCertificate);
  CHECK(FlawsOf(HalfOpen(), 0, {}).empty());
}

TEST_CASE("what is found of a credential is of the pair that was asked about") {
  AnswerTlsService answer{.flaws = {ServiceFlaw::kBadSettings}};
  answer.credentials[0] = {.flaws = {CredentialFlaw::kBadStaple}, .days_left = 13, .first_over = 1};
  const auto flaws = FlawsOf(HalfOpen(), answer);
  REQUIRE(flaws.size() == 3);
  CHECK(flaws[0].pair == 1);
  CHECK(flaws[0].file == TlsFile::kStaple);
  CHECK(flaws[0].text.ends_with("(/o2)"));
  CHECK(flaws[1].pair == 1);
  CHECK(flaws[1].code == policy::check::kCertificateExpiresSoon);
  CHECK(flaws[1].text == "certificate 2 of the file, of the chain, expires in 13 days (/c2)");
  CHECK(flaws[2].code == policy::check::kBadTlsSettings);
  CHECK(flaws[2].file == TlsFile::kService);
  answer = {};
  answer.credentials[0].days_left = 14;
  CHECK(FlawsOf(HalfOpen(), answer).empty());
}

}  // namespace
}  // namespace postern::daemon
