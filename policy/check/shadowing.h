// SPDX-License-Identifier: BSD-2-Clause
// Rules that never decide, because rules in front of them decide for all they speak of.
//
// Both tables are one sequence here, as they are for a request: hosts.allow, then hosts.deny. Only
// what is sure is told: exactly for addresses, by the same texts and domains for names.
// Codes: allow-all unreachable-rules shadowed-rule redundant-rule duplicate-rule.
#pragma once

#include "policy/base/diagnostic.h"
#include "policy/hosts/hosts_policy.h"

namespace postern::policy::check {

// A table may be left out of it: what is no access file has no rules to speak of.
struct TablesToCheck {
  bool allow = true, deny = true;
};

Diagnostics FindShadowed(const hosts::HostsPolicy& policy, const TablesToCheck& tables);

}  // namespace postern::policy::check
