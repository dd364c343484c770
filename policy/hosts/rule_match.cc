// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hosts/rule_match.h"

namespace postern::policy::hosts {
namespace {

template <typename Token>
Answer ConsultSide(const List<Token>& list, const Rule& rule, Which which, Matcher& matcher) {
  const Effect effect = EffectOf(rule, which);
  return MatchList(list, [&](const Token& token, std::size_t depth) {
    return matcher.Match(token, MalformedMatches(effect, depth));
  });
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
  if (answer != Answer::kUnusable && answer != Answer::kUntold) return answer;
  const bool passed_over = which == Which::kAllow && EffectOf(rule, which) == Effect::kGrants;
  return passed_over ? Answer::kNo : answer;
}

Answer MatchDaemons(const Rule& rule, Which which, Matcher& matcher) {
  return Settle(ConsultSide(rule.daemons, rule, which, matcher), rule, which);
}

Answer MatchClients(const Rule& rule, Which which, Matcher& matcher) {
  return Settle(ConsultSide(rule.clients, rule, which, matcher), rule, which);
}

Answer ConsultRule(const Rule& rule, Which which, Matcher& matcher) {
  const Answer daemons = ConsultSide(rule.daemons, rule, which, matcher);
  return daemons == Answer::kYes ? ConsultSide(rule.clients, rule, which, matcher) : daemons;
}

Answer MatchRule(const Rule& rule, Which which, Matcher& matcher) {
  return Settle(ConsultRule(rule, which, matcher), rule, which);
}

}  // namespace postern::policy::hosts
