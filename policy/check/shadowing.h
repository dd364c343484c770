// SPDX-License-Identifier: BSD-2-Clause
// Rules that never decide, because rules in front of them decide for all they speak of.
//
// Both tables are one sequence here, as they are for a request: hosts.allow, then hosts.deny. Only
// what is sure is told: exactly for addresses, by the same texts and domains for names.
// Comparing takes a bounded amount of work. What it does not come to is named in one finding, and
// whether a rule decides for everybody is told of all.
// Codes: allow-all unreachable-rules shadowed-rule redundant-rule duplicate-rule
// analysis-incomplete.
#pragma once

#include <cstddef>

#include "policy/base/diagnostic.h"
#include "policy/hosts/hosts_policy.h"

namespace postern::policy::check {

// A table may be left out of it: what is no access file has no rules to speak of.
struct TablesToCheck {
  bool allow = true, deny = true;
};

// In units of a WorkBudget: enough for hundreds of thousands of rules that are addresses and names.
inline constexpr std::size_t kComparingWork = std::size_t{40} << 20U;

Diagnostics FindShadowed(const hosts::HostsPolicy& policy, const TablesToCheck& tables,
                         std::size_t work = kComparingWork);

}  // namespace postern::policy::check
