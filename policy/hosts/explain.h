// SPDX-License-Identifier: BSD-2-Clause
// The same decision as Evaluate(), rule by rule in the order of the files, with what each token
// said. Slower on purpose: it is the readable statement of the semantics, and the index of
// HostsPolicy is tested against it.
#pragma once

#include <string>
#include <vector>

#include "policy/hosts/evaluate.h"

namespace postern::policy::hosts {

struct TokenStep {
  std::string token;
  bool matched = false;
  std::string why;  // "address 192.0.2.50 is in 192.0.2.0/24", "name was not asked for"
};

struct RuleStep {
  const Rule* rule = nullptr;
  bool matched = false;
  std::vector<TokenStep> daemons, clients;  // as far as they were consulted
  std::string note;                         // "hosts.evil cannot be read: the rule does not match"
};

struct Explanation {
  Verdict verdict;
  std::vector<RuleStep> steps;  // every rule consulted, hosts.allow first
};

Explanation Explain(const HostsPolicy& policy, const Request& request, Which from = Which::kAllow);

}  // namespace postern::policy::hosts
