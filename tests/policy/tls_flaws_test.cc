// SPDX-License-Identifier: BSD-2-Clause
#include "policy/check/tls_flaws.h"

#include <catch2/catch.hpp>

namespace postern::policy::check {
namespace {

Configuration TwoServices() {
  Configuration configuration;
  for (const char* id : {"pop3s", "imaps"}) {
    ServiceSpec spec;
    spec.id = id;
    spec.where = {"/etc/xinetd.conf", id[0] == 'p' ? 1U : 9U, 1};
    if (id[0] == 'p') spec.tls = std::make_shared<const TlsSpec>();
    configuration.services.push_back(std::make_shared<const ServiceSpec>(std::move(spec)));
  }
  return configuration;
}

TEST_CASE("what is written is read back, with its place and its weight") {
  const auto findings = ReadTlsFlaws(WriteTlsFlaws({{"pop3s", kKeyMismatch, "not its\nkey"},
                                                    {"imaps", kCertificateExpiresSoon, "3 days"}}),
                                     TwoServices());
  REQUIRE(findings);
  REQUIRE(findings->size() == 2);
  CHECK(findings->at(0).code == "key-mismatch");
  CHECK(findings->at(0).severity == Severity::kError);
  CHECK(findings->at(0).message == "service pop3s: not its\\x0akey");
  CHECK(findings->at(0).where.line == 1);
  CHECK(findings->at(1).severity == Severity::kWarning);
  CHECK(findings->at(1).where.line == 9);
  CHECK(ReadTlsFlaws("", TwoServices())->empty());
}

TEST_CASE("a line of another form, service or kind is none") {
  for (const char* line :
       {"\n", "pop3s\n", "pop3s key-mismatch\n", "ftp key-mismatch text\n", "pop3s no-such text\n",
        "pop3s key-mismatch text without an end", " key-mismatch text\n"}) {
    CHECK_FALSE(ReadTlsFlaws(line, TwoServices()));
  }
}

TEST_CASE("every kind has a row") {
  for (const std::string_view code :
       {kBadPrivateKey, kKeyMismatch, kBadCertificate, kCertificateExpired, kCertificateNotYetValid,
        kBadClientCa, kBadCrl, kBadOcsp, kBadTlsSettings, kExposedKey, kUnknownPath,
        kCertificateExpiresSoon, kTlsNotJudged}) {
    CHECK(ReadTlsFlaws(WriteTlsFlaws({{"pop3s", code, "x"}}), TwoServices()));
  }
}

TEST_CASE("what nobody judged is told of services that speak TLS") {
  const Diagnostics findings = TlsNotJudged(TwoServices(), "no posternd");
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].message == "service pop3s: not judged: no posternd");
  CHECK(findings[0].severity == Severity::kNote);
}

}  // namespace
}  // namespace postern::policy::check
