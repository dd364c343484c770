// SPDX-License-Identifier: BSD-2-Clause
// The order of the two tables, and what a rule that matched decides.
#include "policy/hosts/evaluate.h"

#include <optional>

#include "policy/hosts/rule_match.h"
#include "policy/hosts/rule_verdict.h"
#include "policy/hosts/table_index.h"

namespace postern::policy::hosts {
namespace {

std::optional<Verdict> EvaluateTable(const Table& table, const TableIndex& index,
                                     Matcher& matcher) {
  if (const std::optional<TableIndex::Found> found = index.Find(matcher)) {
    return VerdictOf(table.rules[found->rule], table.which, found->answer, matcher);
  }
  return VerdictAtEnd(table);
}

}  // namespace

std::string_view ReasonText(Reason reason) {
  switch (reason) {
    case Reason::kRule:
      return "rule";
    case Reason::kOption:
      return "option of the rule";
    case Reason::kTwist:
      return "twist of the rule";
    case Reason::kOptionError:
      return "error in the options of the rule";
    case Reason::kNoRule:
      return "no rule matches";
    case Reason::kTableAbandoned:
      return "hosts.deny has a line that cannot be read to its end";
    case Reason::kTableUnreadable:
      return "hosts.deny cannot be read";
    case Reason::kPatternFile:
      return "the rule names a file that cannot be used";
    case Reason::kNoAnswer:
      return "nobody could tell what the rule asks for";
  }
  return "unknown";
}

Verdict Evaluate(const HostsPolicy& policy, const Request& request, Which from) {
  Matcher matcher(request);
  if (from == Which::kAllow) {
    if (auto verdict = EvaluateTable(policy.allow(), policy.index(Which::kAllow), matcher)) {
      return *verdict;
    }
  }
  if (auto verdict = EvaluateTable(policy.deny(), policy.index(Which::kDeny), matcher)) {
    return *verdict;
  }
  return Allow{.reason = Reason::kNoRule, .rule = nullptr};
}

std::vector<PassedOver> RulesPassedOver(const HostsPolicy& policy, const Request& request,
                                        const Rule* decided) {
  std::vector<PassedOver> passed_over;
  const std::vector<Rule>& rules = policy.allow().rules;
  const bool in_front_of_one =
      !rules.empty() && decided >= &rules.front() && decided <= &rules.back();
  for (const Rule* rule : policy.crippled()) {
    if (in_front_of_one && rule >= decided) break;
    Matcher matcher(request);
    if (ConsultRule(*rule, Which::kAllow, matcher) != Answer::kUnusable) continue;
    passed_over.push_back({rule, matcher.unusable()});
  }
  return passed_over;
}

std::string TroubleText(const PatternFile& file) { return "open " + file.path + ": " + file.error; }

const PatternFile* UnusableFile(const Rule& rule, Which which, const Request& request) {
  Matcher matcher(request);
  return MatchRule(rule, which, matcher) == Answer::kUnusable ? matcher.unusable() : nullptr;
}

}  // namespace postern::policy::hosts
