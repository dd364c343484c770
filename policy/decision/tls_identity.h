// SPDX-License-Identifier: BSD-2-Clause
// tls_only_from and tls_no_access: who a TLS client is, by the certificate that was verified, and
// whether it may be served.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::policy {

using Fingerprint = std::array<std::uint8_t, 32>;  // SHA-256 of the certificate (DER)

enum class CertificateName : std::uint8_t { kCommonName, kDns, kEmail, kUri, kAddress };

// Of a certificate that was verified; there is none of another.
struct ClientIdentity {
  struct Name {
    CertificateName kind{};
    std::string text;
  };
  std::string subject;  // RFC 2253
  std::vector<Name> names;
  bool more_names = false;  // the certificate has names that are not here
  std::optional<Fingerprint> fingerprint;
};

// "sha256:" and 64 hexadecimal digits, which colons may separate: that certificate. "dns:",
// "email:", "uri:", "ip:", "cn:" or "subject:" and a pattern: a name of that kind. A pattern alone:
// a name of any kind, the subject aside. In a pattern '*' stands for any text and '?' for one byte;
// the case of letters does not count.
class IdentityPattern {
 public:
  static std::expected<IdentityPattern, std::string> Parse(std::string_view word);

  bool Matches(const ClientIdentity& client) const;
  bool by_name() const { return !fingerprint_; }
  const std::string& word() const { return word_; }

 private:
  IdentityPattern() = default;

  std::string word_, pattern_;
  std::optional<Fingerprint> fingerprint_;
  std::optional<CertificateName> kind_;
  bool subject_ = false;
};

struct IdentityRules {
  std::optional<std::vector<IdentityPattern>> only_from, no_access;  // nullopt: not given
  bool any() const { return only_from || no_access; }
};

enum class IdentityEvidence : std::uint8_t {
  kNoRules,
  kInOnlyFrom,
  kNotInNoAccess,
  kNoCertificate,  // the client has shown none, and rules ask for one
  kNoAccess,       // matched `rule` of tls_no_access
  kMoreNames,      // one that is not known might be in tls_no_access
  kNotInOnlyFrom,
};
std::string_view EvidenceText(IdentityEvidence evidence);

struct IdentityVerdict {
  bool allowed = false;
  IdentityEvidence evidence = IdentityEvidence::kNoCertificate;
  const IdentityPattern* rule = nullptr;  // owned by the rules that were asked
};
// tls_no_access wins. Without a verified identity (null) whoever has rules is refused.
IdentityVerdict EvaluateIdentity(const IdentityRules& rules, const ClientIdentity* client);

}  // namespace postern::policy
