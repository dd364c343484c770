// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls_protocol.h"

#include <algorithm>
#include <span>

#include "policy/base/text.h"

namespace postern::daemon {
namespace {

template <std::size_t kSize>
bool IsText(const std::array<char, kSize>& text, std::uint32_t length) {
  return length <= kSize && policy::IsPrintable({text.data(), length});
}

bool IsName(const WireCertName& name) {
  return name.kind >= WireCertNameKind::kCommonName && name.kind <= WireCertNameKind::kAddress &&
         name.length > 0 && name.length <= kMaxCertName && IsText(name.text, name.length);
}

}  // namespace

bool Valid(const AnswerTlsService& answer) {
  return Valid(answer.flaws) &&
         std::ranges::all_of(answer.credentials, [](const auto& one) { return Valid(one.flaws); });
}

bool IsGood(const AnswerTlsService& answer) {
  return answer.flaws.empty() && std::ranges::all_of(answer.credentials, [](WireCredential one) {
           one.flaws.Remove(CredentialFlaw::kLinkExpired);
           one.flaws.Remove(CredentialFlaw::kLinkNotYetValid);
           return one.flaws.empty();
         });
}

// A client without a certificate has no names: nothing may be told of one that was not verified.
bool Valid(const AnswerTls& answer) {
  if (answer.version != kTls12 && answer.version != kTls13) return false;
  if (answer.resumed > 1 || answer.verified > 1 || answer.more_names > 1) return false;
  if (answer.name_count > kMaxCertNames) return false;
  const bool named = answer.name_count != 0 || answer.more_names != 0 ||
                     answer.subject_length != 0 || answer.issuer_length != 0;
  if (named && answer.verified == 0) return false;
  return IsText(answer.cipher, answer.cipher_length) && answer.cipher_length != 0 &&
         IsText(answer.server_name, answer.server_name_length) &&
         IsText(answer.alpn, answer.alpn_length) && IsText(answer.subject, answer.subject_length) &&
         IsText(answer.issuer, answer.issuer_length) &&
         std::ranges::all_of(std::span(answer.names).first(answer.name_count), IsName);
}

}  // namespace postern::daemon
