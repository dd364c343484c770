// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hosts/rule_match.h"

namespace postern::policy::hosts {
namespace {

template <typename Token>
Answer MatchSide(const List<Token>& list, const Rule& rule, Which which, Matcher& matcher) {
  const bool refuses = Refuses(rule, which);
  const Answer answer = MatchList(list, [&](const Token& token, std::size_t depth) {
    return matcher.Match(token, MalformedMatches(refuses, depth));
  });
  return Settle(answer, rule, which);
}

}  // namespace

bool Refuses(const Rule& rule, Which which) {
  if (!rule.options) return which == Which::kDeny;
  switch (rule.options->end) {
    case OptionProgram::End::kAllow:
      return false;
    case OptionProgram::End::kDeny:
    case OptionProgram::End::kError:
      return true;
    case OptionProgram::End::kTable:
    case OptionProgram::End::kTwist:
      break;
  }
  return which == Which::kDeny;
}

Answer Settle(Answer answer, const Rule& rule, Which which) {
  if (answer != Answer::kUnusable) return answer;
  return which == Which::kDeny || Refuses(rule, which) ? Answer::kUnusable : Answer::kNo;
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
