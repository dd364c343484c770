// SPDX-License-Identifier: BSD-2-Clause
#include "policy/check/tls_flaws.h"

#include <catch2/catch.hpp>

namespace postern::policy::check {
namespace {

WrittenPath Written(const char* path, std::uint32_t line) {
  return {path, {{"/etc/xinetd.conf", line, 17}, "the line"}};
}

Configuration TwoServices() {
  Configuration configuration;
  for (const char* id : {"pop3s", "imaps"}) {
    ServiceSpec spec;
    spec.id = id;
    spec.where = {"/etc/xinetd.conf", id[0] == 'p' ? 1U : 9U, 1};
    if (id[0] == 'p') {
      auto tls = std::make_shared<TlsSpec>();
      tls->pairs = {{Written("/c1", 2), Written("/k1", 3)}, {Written("/c2", 2), Written("/k2", 4)}};
      tls->client_ca = Written("/ca", 5);
      spec.tls = std::move(tls);
    }
    configuration.services.push_back(std::make_shared<const ServiceSpec>(std::move(spec)));
  }
  return configuration;
}

TEST_CASE("what is written is read back, with its place and its weight") {
  const auto findings = ReadTlsFlaws(
      WriteTlsFlaws({{"pop3s", kKeyMismatch, TlsFile::kService, 0, "not its\nkey"},
                     {"imaps", kCertificateExpiresSoon, TlsFile::kCertificate, 0, "3 days"}}),
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

TEST_CASE("the place is where the file is written, of whichever pair it is") {
  const Configuration services = TwoServices();
  for (const auto& [file, pair, line] : {std::tuple{TlsFile::kCertificate, 0U, 2U},
                                         {TlsFile::kPrivateKey, 0U, 3U},
                                         {TlsFile::kPrivateKey, 1U, 4U},
                                         {TlsFile::kClientCa, 0U, 5U},
                                         {TlsFile::kService, 0U, 1U}}) {
    const TlsFlaw flaw{"pop3s", kBadPrivateKey, file, pair, "bad"};
    const auto findings = ReadTlsFlaws(WriteTlsFlaws({flaw}), services);
    REQUIRE(findings);
    CHECK(findings->at(0).where.line == line);
    CHECK(findings->at(0).source_line == (line == 1 ? "" : "the line"));
    CHECK(LineOf(*services.services[0], flaw, "stays down") ==
          "/etc/xinetd.conf:" + std::to_string(line) + ":" + (line == 1 ? "1" : "17") +
              ": service pop3s stays down: bad");
  }
  CHECK(LineOf(*services.services[0], {"pop3s", kKeyMismatch, TlsFile::kService, 0, "a\n"}, "") ==
        "/etc/xinetd.conf:1:1: service pop3s: a\\x0a");
}

TEST_CASE("warnings keep nothing down") {
  for (const std::string_view code : {kKeyMismatch, kExposedKey, kTlsNotJudged}) {
    CHECK(KeepsDown({"pop3s", code, TlsFile::kService, 0, "x"}));
  }
  for (const std::string_view code : {kCertificateExpiresSoon, kChainNotInForce}) {
    CHECK_FALSE(KeepsDown({"pop3s", code, TlsFile::kService, 0, "x"}));
  }
}

TEST_CASE("a line of another form, service or kind is none") {
  for (const char* line :
       {"\n", "pop3s\n", "pop3s key-mismatch\n", "pop3s key-mismatch tls 1\n",
        "ftp key-mismatch tls 1 text\n", "pop3s no-such tls 1 text\n",
        "pop3s key-mismatch tls_alpn 1 text\n", "pop3s key-mismatch tls 0 text\n",
        "pop3s key-mismatch tls 65 text\n", "pop3s key-mismatch tls x text\n",
        "pop3s key-mismatch tls 1 text without an end", " key-mismatch tls 1 text\n"}) {
    CHECK_FALSE(ReadTlsFlaws(line, TwoServices()));
  }
}

TEST_CASE("every kind has a row") {
  for (const std::string_view code :
       {kBadPrivateKey, kKeyMismatch, kBadCertificate, kCertificateExpired, kCertificateNotYetValid,
        kBadClientCa, kBadCrl, kBadOcsp, kBadTlsSettings, kExposedKey, kUnknownPath,
        kCertificateExpiresSoon, kChainNotInForce, kTlsNotJudged}) {
    CHECK(ReadTlsFlaws(WriteTlsFlaws({{"pop3s", code, TlsFile::kService, 0, "x"}}), TwoServices()));
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
