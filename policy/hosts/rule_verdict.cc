// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hosts/rule_verdict.h"

namespace postern::policy::hosts {

Verdict VerdictOf(const Rule& rule, Which which, Answer answer, const Matcher& matcher) {
  if (answer == Answer::kNeed) return NeedFact{.need = matcher.need(), .rule = &rule};
  if (answer == Answer::kUntold) return Deny{.reason = Reason::kNoAnswer, .rule = &rule};
  if (answer != Answer::kYes) return Deny{.reason = Reason::kPatternFile, .rule = &rule};
  const auto end = rule.options ? rule.options->end : OptionProgram::End::kTable;
  switch (end) {
    case OptionProgram::End::kTable:
      break;
    case OptionProgram::End::kAllow:
      return Allow{.reason = Reason::kOption, .rule = &rule};
    case OptionProgram::End::kDeny:
      return Deny{.reason = Reason::kOption, .rule = &rule};
    case OptionProgram::End::kTwist:
      return Allow{.reason = Reason::kTwist, .rule = &rule};
    case OptionProgram::End::kError:
      return Deny{.reason = Reason::kOptionError, .rule = &rule};
  }
  if (which == Which::kAllow) return Allow{.reason = Reason::kRule, .rule = &rule};
  return Deny{.reason = Reason::kRule, .rule = &rule};
}

std::optional<Verdict> VerdictAtEnd(const Table& table) {
  if (table.which == Which::kAllow) return std::nullopt;
  if (table.end == Table::End::kAbandoned) {
    return Deny{.reason = Reason::kTableAbandoned, .rule = nullptr};
  }
  if (table.end == Table::End::kUnreadable) {
    return Deny{.reason = Reason::kTableUnreadable, .rule = nullptr};
  }
  return std::nullopt;
}

}  // namespace postern::policy::hosts
