// SPDX-License-Identifier: BSD-2-Clause
#include "policy/check/shadowing.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "policy/check/holders.h"
#include "policy/check/rule_place.h"
#include "policy/check/rule_shape.h"

namespace postern::policy::check {
namespace {

using hosts::Effect;
using hosts::Rule;
using hosts::Table;

constexpr std::size_t kMaxFindings = 1000;
constexpr std::size_t kMaxNamed = 3;

struct Entry {
  const Rule* rule;
  hosts::Which which;
};

std::string EffectText(Effect effect) {
  switch (effect) {
    case Effect::kGrants:
      return "allows";
    case Effect::kRefuses:
      return "refuses";
    case Effect::kReplaces:
      return "answers by twist";
  }
  return {};
}

std::string PlaceText(const Rule& rule) {
  return rule.where.file + ":" + std::to_string(rule.where.line);
}

class Shadowing {
 public:
  Shadowing(const hosts::HostsPolicy& policy, const TablesToCheck& tables, std::size_t work)
      : shaper_(work), holders_(shaper_.work()) {
    if (tables.allow) Take(policy.allow());
    if (tables.deny) Take(policy.deny());
  }

  Diagnostics Find() {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (!stopped_ && Compare(i)) continue;
      const Entry& entry = entries_[i];
      if (!shaper_.HoldsEverything(*entry.rule)) continue;
      EndsAll(i, hosts::EffectOf(*entry.rule, entry.which));
      entries_.resize(i + 1);
    }
    if (stopped_) TellStopped(*stopped_);
    return std::move(findings_);
  }

 private:
  void Take(const Table& table) {
    for (const Rule& rule : table.rules) entries_.push_back({&rule, table.which});
  }

  // Whether rules in front of it hold all of it, which is told. What the work did not suffice for
  // is not known, and so it is for the rules behind.
  bool Compare(std::size_t index) {
    const auto number = static_cast<std::uint32_t>(index);
    const Entry& entry = entries_[index];
    const RuleShape shape = shaper_.ShapeOf(*entry.rule, entry.which);
    const auto owners = holders_.HoldersOf(shape);
    if (!owners) holders_.Add(shape, number);
    if (shaper_.exhausted()) {
      stopped_ = index;
      return false;
    }
    effects_.push_back(shape.effect);
    first_.try_emplace(HashOf(*entry.rule), number);
    if (owners) Tell(index, *owners);
    return owners.has_value();
  }

  // The rule decides for everybody, so none behind it is reached.
  void EndsAll(std::size_t index, Effect effect) {
    const std::size_t behind = entries_.size() - index - 1;
    if (behind == 0) return;
    const auto turns = [](const Entry& entry) {
      return hosts::EffectOf(*entry.rule, entry.which) != Effect::kGrants;
    };
    const bool opens = effect == Effect::kGrants &&
                       std::ranges::any_of(std::span(entries_).subspan(index + 1), turns);
    std::string message = "this rule " + EffectText(effect) + " everybody, so ";
    message += behind == 1 ? "the rule behind it is"
                           : "the " + std::to_string(behind) + " rules behind it are";
    message += " never reached: " + Names(index + 1, behind);
    Add(opens ? Severity::kError : Severity::kWarning, opens ? "allow-all" : "unreachable-rules",
        index, std::move(message));
  }

  std::string Names(std::size_t first, std::size_t count) const {
    std::string names = PlaceText(*entries_[first].rule);
    if (count == 1) return names;
    const Rule& last = *entries_[first + count - 1].rule;
    return names + " to " + PlaceText(last);
  }

  void Tell(std::size_t index, const std::set<std::uint32_t>& owners) {
    const Rule& rule = *entries_[index].rule;
    const Effect effect = effects_[index];
    const bool same_effect =
        std::ranges::all_of(owners, [&](std::uint32_t owner) { return effects_[owner] == effect; });
    const bool acts =
        effect == Effect::kReplaces || (rule.options && !rule.options->actions.empty());
    const std::uint32_t same = first_.at(HashOf(rule));
    const bool repeats = same < index && WordsOf(*entries_[same].rule) == WordsOf(rule);
    if (repeats && same_effect) {
      return Add(Severity::kWarning, "duplicate-rule", index,
                 "the same rule stands in " + PlaceText(*entries_[same].rule), "remove this line");
    }
    const std::string by = OwnerNames(owners) + (owners.size() == 1 ? " holds" : " hold");
    if (same_effect && !acts) {
      return Add(Severity::kNote, "redundant-rule", index,
                 by + " all of it already, and " + (owners.size() == 1 ? "decides" : "decide") +
                     " the same",
                 "remove this line");
    }
    const std::string options = same_effect ? ": what its options do never happens" : "";
    Add(Severity::kWarning, "shadowed-rule", index,
        "this rule never decides: " + by + " all of it already" +
            (same_effect ? options : " and " + EffectText(effects_[*owners.begin()])));
  }

  // What a rule says, blanks and commas aside.
  static std::string WordsOf(const Rule& rule) {
    std::string words = rule.where.file;
    for (const auto& segment : rule.daemons) {
      words += '\n';
      for (const auto& token : segment) words += " " + token.text;
    }
    for (const auto& segment : rule.clients) {
      words += "\n:";
      for (const auto& token : segment) words += " " + token.text;
    }
    const std::size_t colon = hosts::FindOutsideBrackets(rule.text, ':');
    const std::size_t second = hosts::FindOutsideBrackets(rule.text, ':', colon + 1);
    if (second != std::string::npos) words += rule.text.substr(second);
    return words;
  }

  static std::size_t HashOf(const Rule& rule) { return std::hash<std::string>{}(WordsOf(rule)); }

  std::string OwnerNames(const std::set<std::uint32_t>& owners) const {
    std::string names;
    std::size_t named = 0;
    for (const std::uint32_t owner : owners) {
      if (named++ == kMaxNamed)
        return names + " and " + std::to_string(owners.size() - kMaxNamed) + " more";
      names += (names.empty() ? "" : ", ") + PlaceText(*entries_[owner].rule);
    }
    return names;
  }

  void Add(Severity severity, const char* code, std::size_t index, std::string message,
           std::string fix = {}) {
    if (findings_.size() > kMaxFindings) return;
    const Rule& rule = *entries_[index].rule;
    if (findings_.size() == kMaxFindings) {
      severity = Severity::kNote;
      code = "too-many-findings";
      message = "further rules that never decide are left out";
      fix.clear();
    }
    findings_.push_back(AtRule(rule, severity, code, std::move(message), std::move(fix)));
  }

  void TellStopped(std::size_t first) {
    const std::size_t count = entries_.size() - first;
    std::string message = count == 1 ? "this rule was" : "this rule and those behind it, ";
    if (count > 1) message += std::to_string(count) + " rules, " + Names(first, count) + ", were";
    findings_.push_back(AtRule(*entries_[first].rule, Severity::kNote, "analysis-incomplete",
                               message + " not compared with the rules in front of them: that "
                                         "takes more work than is done for it"));
  }

  std::vector<Entry> entries_;
  std::vector<Effect> effects_;
  std::unordered_map<std::size_t, std::uint32_t> first_;  // who says it first, by HashOf()
  RuleShaper shaper_;
  Holders holders_;
  std::optional<std::size_t> stopped_;  // the first rule that was not compared
  Diagnostics findings_;
};

}  // namespace

Diagnostics FindShadowed(const hosts::HostsPolicy& policy, const TablesToCheck& tables,
                         std::size_t work) {
  return Shadowing(policy, tables, work).Find();
}

}  // namespace postern::policy::check
