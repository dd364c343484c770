// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/chain_times.h"

namespace postern::daemon {
namespace {

// A comparison that cannot be made (0: the certificate says no time) is a failed one.
bool HasBegun(const X509* certificate) {
  return X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0;
}

bool IsOver(const X509* certificate) {
  return X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0;
}

std::uint32_t DaysLeft(const X509* certificate) {
  int days = 0, seconds = 0;
  const bool known = ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate)) == 1;
  return known && days > 0 ? static_cast<std::uint32_t>(days) : 0;
}

}  // namespace

void JudgeTimes(const X509* certificate, const std::vector<Certificate>& chain,
                WireCredential& found) {
  for (std::size_t i = 0; i <= chain.size(); ++i) {
    const X509* const one = i == 0 ? certificate : chain[i - 1].get();
    if (!HasBegun(one)) {
      found.flaws.Add(i == 0 ? CredentialFlaw::kNotYetValid : CredentialFlaw::kLinkNotYetValid);
    }
    if (IsOver(one)) {
      found.flaws.Add(i == 0 ? CredentialFlaw::kExpired : CredentialFlaw::kLinkExpired);
    } else if (const std::uint32_t days = DaysLeft(one); days < found.days_left) {
      found.days_left = days;
      found.first_over = static_cast<std::uint32_t>(i);
    }
  }
}

}  // namespace postern::daemon
