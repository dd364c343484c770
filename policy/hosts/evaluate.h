// SPDX-License-Identifier: BSD-2-Clause
// hosts.allow and hosts.deny decide one request. Pure: what is not known is asked of the caller.
//
// Source: hosts_access(5), ACCESS CONTROL FILES: the first rule of hosts.allow that matches grants,
// else the first of hosts.deny that matches refuses, else access is granted; the options of the
// rule that matched can change that.
#pragma once

#include <cstdint>
#include <variant>

#include "policy/hosts/hosts_policy.h"

namespace postern::policy::hosts {

enum class Reason : std::uint8_t {
  kRule,             // the table's own verdict: hosts.allow grants, hosts.deny refuses
  kOption,           // `allow` or `deny`
  kTwist,            // granted, to the command of the option
  kOptionError,      // refused
  kNoRule,           // granted: no rule matched
  kTableAbandoned,   // refused: hosts.deny has a line that cannot be read to its end
  kTableUnreadable,  // refused: hosts.deny cannot be read
  kPatternFile,      // refused: the rule names a pattern file that cannot be used
  kNoAnswer,         // refused: a name or a user decides, and nobody could tell it
};
std::string_view ReasonText(Reason reason);  // for people: "rule of hosts.deny", …

struct Allow {
  Reason reason = Reason::kNoRule;
  const Rule* rule = nullptr;  // owned by the policy; null for kNoRule
};
struct Deny {
  Reason reason = Reason::kRule;
  const Rule* rule = nullptr;  // null for kTableAbandoned, kTableUnreadable
};
// Ask again when request holds it.
struct NeedFact {
  Need need;
  const Rule* rule = nullptr;
};
using Verdict = std::variant<Allow, Deny, NeedFact>;

// `from`: kDeny leaves hosts.allow out, which is what follows a failed aclexec there. An aclexec
// counts as successful here; who runs commands asks the rule's options what to run.
Verdict Evaluate(const HostsPolicy& policy, const Request& request, Which from = Which::kAllow);

// A rule that might have granted and was passed over, and the file that it could not ask.
struct PassedOver {
  const Rule* rule = nullptr;
  const PatternFile* file = nullptr;
};
// Those in front of `decided`, the rule of the verdict; all of them when that is not in
// hosts.allow.
std::vector<PassedOver> RulesPassedOver(const HostsPolicy& policy, const Request& request,
                                        const Rule* decided);
std::string TroubleText(const PatternFile& file);  // "open /etc/friends: no such file"

// For which file `rule` refuses the request (Reason::kPatternFile); null: for none.
const PatternFile* UnusableFile(const Rule& rule, Which which, const Request& request);

}  // namespace postern::policy::hosts
