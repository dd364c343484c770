// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/hosts_ruling.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "policy/hosts/evaluate.h"
#include "policy/hosts/rule_match.h"
#include "policy/hosts/rule_verdict.h"
#include "wrapper/access/settings.h"

namespace postern::daemon {
namespace {

using policy::hosts::Allow;
using policy::hosts::Answer;
using policy::hosts::ClientToken;
using policy::hosts::Deny;
using policy::hosts::Effect;
using policy::hosts::HostsPolicy;
using policy::hosts::Matcher;
using policy::hosts::NeedFact;
using policy::hosts::OptionAction;
using policy::hosts::OptionProgram;
using policy::hosts::Request;
using policy::hosts::Rule;
using policy::hosts::Table;
using policy::hosts::TextPattern;
using policy::hosts::Which;
using Kind = HostsRuling::Kind;
namespace option = policy::hosts::option;

std::string Place(const Rule& rule) {
  return rule.where.file + ":" + std::to_string(rule.where.line);
}

std::string Why(const Rule* rule, policy::hosts::Reason reason) {
  const std::string text(policy::hosts::ReasonText(reason));
  if (rule != nullptr) return Place(*rule) + " (" + text + ")";
  return reason == policy::hosts::Reason::kNoRule ? "" : text;
}

// `severity` names the priority of a log line, which needs no program.
bool Acts(const OptionAction& action) {
  return !std::holds_alternative<option::SetSeverity>(action);
}

bool HasActions(const Rule* rule) {
  return rule != nullptr && rule->options && std::ranges::any_of(rule->options->actions, Acts);
}

// The exit status of an aclexec command is part of the verdict.
bool AsksCommand(const Rule* rule) {
  return rule != nullptr && rule->options &&
         std::ranges::any_of(rule->options->actions, [](const OptionAction& action) {
           return std::holds_alternative<option::Aclexec>(action);
         });
}

bool Twists(const Rule* rule) {
  return rule != nullptr && rule->options && rule->options->end == OptionProgram::End::kTwist;
}

int PriorityOf(const Rule* rule, bool allowed) {
  const wrapper::Settings usual;
  int priority = allowed ? usual.allow_severity : usual.deny_severity;
  if (rule == nullptr || !rule->options) return priority;
  for (const OptionAction& action : rule->options->actions) {
    if (const auto* severity = std::get_if<option::SetSeverity>(&action)) {
      priority = severity->facility.value_or(0) | severity->level;
    }
  }
  return priority;
}

HostsRuling Open(Kind kind, const Rule* rule, const char* what) {
  HostsRuling ruling;
  ruling.kind = kind;
  ruling.acts = true;
  ruling.why = rule == nullptr ? what : Place(*rule) + " (" + what + ")";
  return ruling;
}

HostsRuling Settled(Kind kind, bool acts, std::string why, int priority) {
  HostsRuling ruling;
  ruling.kind = kind;
  ruling.acts = acts;
  ruling.why = std::move(why);
  ruling.priority = priority;
  return ruling;
}

HostsRuling RulingOf(const Allow& allow) {
  if (HasActions(allow.rule) || Twists(allow.rule)) {
    return Open(Kind::kUndecided, allow.rule, "its options have to act first");
  }
  return Settled(Kind::kAllowed, false, Why(allow.rule, allow.reason),
                 PriorityOf(allow.rule, true));
}

HostsRuling RulingOf(const Deny& deny) {
  using policy::hosts::Reason;
  // A rule that refuses for what could not be asked does not act, as it did not match.
  const bool matched = deny.reason != Reason::kPatternFile && deny.reason != Reason::kNoAnswer;
  if (matched && AsksCommand(deny.rule)) {
    return Open(Kind::kUndecided, deny.rule, "a command decides");
  }
  return Settled(Kind::kRefused, matched && HasActions(deny.rule), Why(deny.rule, deny.reason),
                 PriorityOf(deny.rule, false));
}

const char* Decides(policy::hosts::Needed what) {
  switch (what) {
    case policy::hosts::Needed::kUser:
      return "the user decides";
    case policy::hosts::Needed::kNetgroup:
      return "a netgroup decides";
    case policy::hosts::Needed::kClientName:
    case policy::hosts::Needed::kServerName:
      break;
  }
  return "a host name decides";
}

HostsRuling RulingOf(const NeedFact& need) {
  const bool netgroup = need.need.what == policy::hosts::Needed::kNetgroup;
  HostsRuling ruling =
      Open(netgroup ? Kind::kUndecided : Kind::kNeedsFact, need.rule, Decides(need.need.what));
  ruling.needs = need.need.what;
  return ruling;
}

// `daemons: ALL`
bool IsForEverybody(const Rule& rule) {
  if (rule.clients.size() != 1) return false;
  return std::ranges::any_of(rule.clients.front(), [](const ClientToken& token) {
    const auto* text = std::get_if<TextPattern>(&token.host.meaning);
    return !token.user && text != nullptr && text->kind == TextPattern::Kind::kAll;
  });
}

// The first rule of the table that settles it for everybody. A rule that grants somebody is passed
// over; one that refuses somebody refuses all, and so does one that would have to act.
std::optional<HostsRuling> TableForAnyone(const Table& table, Matcher& matcher) {
  for (const Rule& rule : table.rules) {
    const Answer concerned = policy::hosts::MatchDaemons(rule, table.which, matcher);
    if (concerned == Answer::kNo) continue;
    if (policy::hosts::EffectOf(rule, table.which) != Effect::kGrants) {
      return Settled(Kind::kRefused, false,
                     Place(rule) + " (it may refuse, and the server accepts for itself)", 0);
    }
    if (concerned != Answer::kYes || !IsForEverybody(rule)) continue;
    if (HasActions(&rule)) {
      return Settled(Kind::kRefused, false,
                     Place(rule) + " (its options cannot act, as the server accepts for itself)",
                     0);
    }
    return Settled(Kind::kAllowed, false, Place(rule), PriorityOf(&rule, true));
  }
  const auto end = policy::hosts::VerdictAtEnd(table);
  if (!end) return std::nullopt;
  return RulingOf(std::get<Deny>(*end));
}

}  // namespace

HostsRuling RuleFor(const HostsPolicy& policy, const Request& request) {
  const auto verdict = policy::hosts::Evaluate(policy, request);
  HostsRuling ruling = std::visit([](const auto& it) { return RulingOf(it); }, verdict);
  const Rule* decided = std::visit([](const auto& it) { return it.rule; }, verdict);
  for (const auto& passed_over : policy::hosts::RulesPassedOver(policy, request, decided)) {
    ruling.passed_over.push_back(Place(*passed_over.rule) + ": " +
                                 policy::hosts::TroubleText(*passed_over.file) +
                                 ": the rule grants nothing");
  }
  return ruling;
}

HostsRuling RuleForAnyone(const HostsPolicy& policy, const Request& request) {
  Matcher matcher(request);
  for (const Table* table : {&policy.allow(), &policy.deny()}) {
    if (auto ruling = TableForAnyone(*table, matcher)) return *ruling;
  }
  return RulingOf(Allow{});
}

}  // namespace postern::daemon
