// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hosts/rule_match.h"

namespace postern::policy::hosts {
namespace {

template <typename Token>
Answer MatchSide(const List<Token>& list, const Rule& rule, Which which, Matcher& matcher) {
  const Effect effect = EffectOf(rule, which);
  const Answer answer = MatchList(list, [&](const Token& token, std::size_t depth) {
    return matcher.Match(token, MalformedMatches(effect, depth));
  });
  return Settle(answer, rule, which);
}

}  // namespace

Effect EffectOf(const Rule& rule, Which which) {
  const auto end = rule.options ? rule.options->end : OptionProgram::End::kTable;
  switch (end) {
    case OptionProgram::End::kAllow:
      return Effect::kGrants;
    case OptionProgram::End::kDeny:
    case OptionProgram::End::kError:
      return Effect::kRefuses;
    case OptionProgram::End::kTwist:
      return Effect::kReplaces;
    case OptionProgram::End::kTable:
      break;
  }
  return which == Which::kAllow ? Effect::kGrants : Effect::kRefuses;
}

Answer Settle(Answer answer, const Rule& rule, Which which) {
  if (answer != Answer::kUnusable) return answer;
  const bool passed_over = which == Which::kAllow && EffectOf(rule, which) == Effect::kGrants;
  return passed_over ? Answer::kNo : Answer::kUnusable;
}

Answer MatchDaemons(const Rule& rule, Which which, Matcher& matcher) {
  return MatchSide(rule.daemons, rule, which, matcher);
}

Answer MatchClients(const Rule& rule, Which which, Matcher& matcher) {
  return MatchSide(rule.clients, rule, which, matcher);
}

Answer MatchRule(const Rule& rule, Which which, Matcher& matcher) {
  const Answer daemons = MatchDaemons(rule, which, matcher);
  return daemons == Answer::kYes ? MatchClients(rule, which, matcher) : daemons;
}

}  // namespace postern::policy::hosts
