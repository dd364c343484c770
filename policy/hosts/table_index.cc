// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hosts/table_index.h"

#include "policy/hosts/rule_match.h"

namespace postern::policy::hosts {

std::optional<TableIndex::Found> TableIndex::Find(Matcher& matcher) const {
  for (std::size_t i = 0; i < table_.rules.size(); ++i) {
    const Answer answer = MatchRule(table_.rules[i], table_.which, matcher);
    if (answer != Answer::kNo) return Found{i, answer};
  }
  return std::nullopt;
}

}  // namespace postern::policy::hosts
