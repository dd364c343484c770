// SPDX-License-Identifier: BSD-2-Clause
#include "policy/decision/tls_identity.h"

#include <algorithm>
#include <utility>

#include "policy/base/glob.h"
#include "policy/base/text.h"
#include "policy/decision/identity_question.h"

namespace postern::policy {
namespace {

constexpr std::size_t kLongestPattern = 512;

struct Prefix {
  std::string_view text;
  std::optional<CertificateName> kind;  // nullopt: the subject
};
constexpr Prefix kPrefixes[] = {
    {"dns:", CertificateName::kDns},       {"email:", CertificateName::kEmail},
    {"uri:", CertificateName::kUri},       {"ip:", CertificateName::kAddress},
    {"cn:", CertificateName::kCommonName}, {"subject:", std::nullopt}};
constexpr std::string_view kFingerprint = "sha256:";

std::optional<unsigned> HexDigit(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<unsigned>(digit - 'a' + 10);
  return std::nullopt;
}

std::optional<Fingerprint> ParseFingerprint(std::string text) {
  std::erase(text, ':');
  Fingerprint print{};
  if (text.size() != 2 * print.size()) return std::nullopt;
  for (std::size_t i = 0; i < print.size(); ++i) {
    const auto high = HexDigit(text[2 * i]), low = HexDigit(text[2 * i + 1]);
    if (!high || !low) return std::nullopt;
    print[i] = static_cast<std::uint8_t>(*high * 16 + *low);
  }
  return print;
}

const IdentityPattern* FindMatch(const std::vector<IdentityPattern>& list,
                                 const ClientIdentity& client) {
  const auto found = std::ranges::find_if(
      list, [&client](const IdentityPattern& pattern) { return pattern.Matches(client); });
  return found == list.end() ? nullptr : &*found;
}

}  // namespace

std::optional<ClientIdentity> ParseIdentity(std::string_view text) {
  constexpr std::string_view kSubject = "subject:";
  ClientIdentity client;
  while (!text.empty()) {
    if (text.starts_with(kSubject)) {
      client.subject = text.substr(kSubject.size());
      break;
    }
    const std::string_view word = text.substr(0, text.find(','));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (word.empty()) return std::nullopt;
    if (word.starts_with(kFingerprint)) {
      client.fingerprint = ParseFingerprint(ToLower(word.substr(kFingerprint.size())));
      if (!client.fingerprint) return std::nullopt;
      continue;
    }
    ClientIdentity::Name name{CertificateName::kDns, std::string(word)};
    for (const Prefix& prefix : kPrefixes) {
      if (!prefix.kind || !word.starts_with(prefix.text)) continue;
      name = {*prefix.kind, std::string(word.substr(prefix.text.size()))};
    }
    if (name.text.empty()) return std::nullopt;
    client.names.push_back(std::move(name));
  }
  return client;
}

std::expected<IdentityPattern, std::string> IdentityPattern::Parse(std::string_view word) {
  IdentityPattern parsed;
  parsed.word_ = word;
  parsed.pattern_ = ToLower(word);
  if (parsed.pattern_.starts_with(kFingerprint)) {
    parsed.fingerprint_ = ParseFingerprint(parsed.pattern_.substr(kFingerprint.size()));
    if (parsed.fingerprint_) return parsed;
    return std::unexpected("sha256: needs 64 hexadecimal digits");
  }
  for (const Prefix& prefix : kPrefixes) {
    if (!parsed.pattern_.starts_with(prefix.text)) continue;
    parsed.pattern_.erase(0, prefix.text.size());
    parsed.kind_ = prefix.kind;
    parsed.subject_ = !prefix.kind;
    break;
  }
  if (parsed.pattern_.empty() || parsed.pattern_.size() > kLongestPattern) {
    return std::unexpected("a pattern has 1 to 512 bytes");
  }
  return parsed;
}

bool IdentityPattern::Matches(const ClientIdentity& client) const {
  if (fingerprint_) return client.fingerprint == fingerprint_;
  if (subject_) return !client.subject.empty() && MatchesGlob(pattern_, ToLower(client.subject));
  return std::ranges::any_of(client.names, [this](const ClientIdentity::Name& name) {
    return (!kind_ || *kind_ == name.kind) && MatchesGlob(pattern_, ToLower(name.text));
  });
}

IdentityVerdict EvaluateIdentity(const IdentityRules& rules, const ClientIdentity* client) {
  using enum IdentityEvidence;
  if (!rules.any()) return {true, kNoRules, nullptr};
  if (client == nullptr) return {false, kNoCertificate, nullptr};
  if (rules.no_access) {
    if (const auto* const rule = FindMatch(*rules.no_access, *client)) {
      return {false, kNoAccess, rule};
    }
    const bool by_name = std::ranges::any_of(*rules.no_access, &IdentityPattern::by_name);
    if (client->more_names && by_name) return {false, kMoreNames, nullptr};
  }
  if (!rules.only_from) return {true, kNotInNoAccess, nullptr};
  const auto* const rule = FindMatch(*rules.only_from, *client);
  return {rule != nullptr, rule != nullptr ? kInOnlyFrom : kNotInOnlyFrom, rule};
}

std::string_view EvidenceText(IdentityEvidence evidence) {
  switch (evidence) {
    case IdentityEvidence::kNoRules:
      return "no rule asks who the client is";
    case IdentityEvidence::kInOnlyFrom:
      return "matched tls_only_from";
    case IdentityEvidence::kNotInNoAccess:
      return "not in tls_no_access";
    case IdentityEvidence::kNoCertificate:
      return "the client has no verified certificate";
    case IdentityEvidence::kNoAccess:
      return "matched tls_no_access";
    case IdentityEvidence::kMoreNames:
      return "the certificate has names that cannot be compared with tls_no_access";
    case IdentityEvidence::kNotInOnlyFrom:
      return "not in tls_only_from";
  }
  return "unknown";
}

}  // namespace postern::policy
