// SPDX-License-Identifier: BSD-2-Clause
#include "policy/analysis/consequences.h"

#include <algorithm>
#include <utility>

#include "policy/hosts/options.h"

namespace postern::policy::analysis {
namespace {

// The rule whose options have acted.
const hosts::Rule* ActingRule(const hosts::Verdict& verdict) {
  if (const auto* allow = std::get_if<hosts::Allow>(&verdict)) return allow->rule;
  const auto* deny = std::get_if<hosts::Deny>(&verdict);
  if (deny == nullptr || deny->reason == hosts::Reason::kPatternFile) return nullptr;
  return deny->rule;
}

// Only root's rights, or those of whoever runs the service, are known to be more than another's.
bool Unbound(const std::string& name) { return name.empty() || name == "root" || name == "0"; }

}  // namespace

Consequences::Consequences() { Intern({}); }

void Consequences::Deeds::Add(const std::string& more) {
  if (more.empty()) return;
  text += (text.empty() ? "" : " : ") + more;
}

void Consequences::Deeds::Add(const hosts::OptionAction& action) {
  Add(hosts::OptionText(action));
  if (const auto* run_as = std::get_if<hosts::option::RunAs>(&action)) {
    if (!run_as->user.empty()) user = run_as->user;
    if (!run_as->group.empty()) group = run_as->group;
  } else if (const auto* mask = std::get_if<hosts::option::Umask>(&action)) {
    umask = mask->mask;
  } else if (const auto* condition = std::get_if<hosts::option::Aclexec>(&action)) {
    conditions.insert(std::upper_bound(conditions.begin(), conditions.end(), condition->command),
                      condition->command);
  }
}

Consequences::Number Consequences::Intern(Deeds deeds) {
  const auto next = static_cast<Number>(deeds_.size());
  const auto [known, added] = numbers_.emplace(deeds.text, next);
  if (added) deeds_.push_back(std::move(deeds));
  return known->second;
}

Consequences::Number Consequences::Of(const hosts::Verdict& verdict) {
  const hosts::Rule* const rule = ActingRule(verdict);
  if (rule == nullptr || !rule->options) return kNone;
  const auto known = rules_.find(rule);
  if (known != rules_.end()) return known->second;
  Deeds deeds;
  for (const hosts::OptionAction& action : rule->options->actions) deeds.Add(action);
  deeds.twist = rule->options->end == hosts::OptionProgram::End::kTwist;
  if (deeds.twist) deeds.Add("twist " + rule->options->twist_command);
  return rules_.emplace(rule, Intern(std::move(deeds))).first->second;
}

Consequences::Number Consequences::Both(Number first, Number second) {
  if (first == kNone || second == kNone) return first + second;
  const Deeds& more = deeds_[second];
  Deeds both = deeds_[first];
  both.Add(more.text);
  both.twist = more.twist;
  if (!more.user.empty()) both.user = more.user;
  if (!more.group.empty()) both.group = more.group;
  if (more.umask != 0) both.umask = more.umask;
  both.conditions.insert(both.conditions.end(), more.conditions.begin(), more.conditions.end());
  std::sort(both.conditions.begin(), both.conditions.end());
  return Intern(std::move(both));
}

bool Consequences::Widens(Number before, Number after) const {
  const Deeds& old = deeds_[before];
  const Deeds& now = deeds_[after];
  if (now.twist) return false;
  if (old.twist) return true;
  const bool user = !Unbound(old.user) && Unbound(now.user);
  const bool group = !Unbound(old.group) && Unbound(now.group) && Unbound(now.user);
  const bool files = (old.umask & ~now.umask) != 0;
  return user || group || files ||
         !std::includes(now.conditions.begin(), now.conditions.end(), old.conditions.begin(),
                        old.conditions.end());
}

}  // namespace postern::policy::analysis
