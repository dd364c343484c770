// SPDX-License-Identifier: BSD-2-Clause
// What a rule that was found, or a table that has no further rules, decides. Shared by Evaluate()
// and Explain().
#pragma once

#include <optional>

#include "policy/hosts/evaluate.h"
#include "policy/hosts/pattern_match.h"

namespace postern::policy::hosts {

// `answer` is kYes, kNeed, kUnusable or kUntold.
Verdict VerdictOf(const Rule& rule, Which which, Answer answer, const Matcher& matcher);

// nullopt: the next table decides, or nobody.
std::optional<Verdict> VerdictAtEnd(const Table& table);

}  // namespace postern::policy::hosts
