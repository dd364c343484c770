// SPDX-License-Identifier: BSD-2-Clause
// One rule against one request, in the order in which hosts_access(5) reads it.
//
// What cannot be known must refuse. A rule may grant or refuse by its table and its options, so the
// doubtful tokens take the side of the rule: a network of malformed length is not in a rule that
// grants and is in one that refuses, the other way round behind an EXCEPT, and so on by its depth.
// A pattern file that cannot be used ends the rule that consulted it: one of hosts.allow that
// grants does not match, any other refuses (Reason::kPatternFile). So it is with a name or a user
// that was asked for in vain (Fact::Unavailable, Reason::kNoAnswer), unless another token of the
// list matches without it. `twist` puts a command in the place of the service, which is no service
// granted: there a malformed length matches as it does in tcp_wrappers, and an unusable file
// refuses.
#pragma once

#include <cstddef>
#include <cstdint>

#include "policy/hosts/pattern_match.h"
#include "policy/hosts/table.h"

namespace postern::policy::hosts {

enum class Effect : std::uint8_t { kGrants, kRefuses, kReplaces };
Effect EffectOf(const Rule& rule, Which which);

// Whether a malformed length matches in `rule` behind `depth` EXCEPTs.
inline bool MalformedMatches(Effect effect, std::size_t depth) {
  if (effect == Effect::kReplaces) return true;
  return (depth % 2 == 0) == (effect == Effect::kRefuses);
}

// `ask(token, depth)` answers for a token of the segment behind `depth` EXCEPTs.
template <typename Token, typename Ask>
Answer MatchList(const List<Token>& list, Ask ask) {
  std::size_t depth = 0;
  for (; depth < list.size(); ++depth) {
    Answer answer = Answer::kNo;
    bool untold = false;
    for (const Token& token : list[depth]) {
      answer = ask(token, depth);
      untold = untold || answer == Answer::kUntold;
      if (answer != Answer::kNo && answer != Answer::kUntold) break;
    }
    if (untold && answer == Answer::kNo) answer = Answer::kUntold;
    if (answer == Answer::kNo) break;
    if (answer != Answer::kYes) return answer;
  }
  // The first segment that matched nothing leaves the one before it as it is, which excludes what
  // is before that, and so on.
  return depth % 2 == 1 ? Answer::kYes : Answer::kNo;
}

// kUnusable and kUntold only where the rule refuses for it.
Answer MatchDaemons(const Rule& rule, Which which, Matcher& matcher);
Answer MatchClients(const Rule& rule, Which which, Matcher& matcher);
Answer MatchRule(const Rule& rule, Which which, Matcher& matcher);

// The same, whatever the rule is to make of those.
Answer ConsultRule(const Rule& rule, Which which, Matcher& matcher);

// Either in a rule that must not match for it becomes kNo.
Answer Settle(Answer answer, const Rule& rule, Which which);

}  // namespace postern::policy::hosts
