// SPDX-License-Identifier: BSD-2-Clause
#include "policy/names/name_rules.h"

#include "policy/base/text.h"

namespace postern::policy {

NameStanding JudgeName(std::string_view name, bool is_numeric, const ForwardLookup& forward) {
  if (is_numeric) return NameStanding::kNumeric;
  if (!forward.found) return NameStanding::kNoForward;
  // Many a hosts file gives "localhost" another canonical name.
  if (!EqualsIgnoreCase(name, forward.canonical_name) && !EqualsIgnoreCase(name, "localhost")) {
    return NameStanding::kOtherName;
  }
  return forward.points_back ? NameStanding::kConfirmed : NameStanding::kOtherAddress;
}

std::string StandingText(NameStanding standing, std::string_view name,
                         std::string_view canonical_name, std::string_view address,
                         std::string_view family) {
  const std::string own(name), canonical(canonical_name);
  switch (standing) {
    case NameStanding::kConfirmed:
      break;
    case NameStanding::kNumeric:
      return "host name/name mismatch: reverse lookup results in non-FQDN " + own;
    case NameStanding::kNoForward:
      return "can't verify hostname: getaddrinfo(" + own + ", " + std::string(family) + ") failed";
    case NameStanding::kOtherName:
      return "host name/name mismatch: " + own + " != " + canonical;
    case NameStanding::kOtherAddress:
      return "host name/address mismatch: " + std::string(address) + " != " + canonical;
  }
  return {};
}

}  // namespace postern::policy
