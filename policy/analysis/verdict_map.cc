// SPDX-License-Identifier: BSD-2-Clause
// From sets of addresses in the order of their rules to a partition by the first rule.
#include "policy/analysis/verdict_map.h"

#include <algorithm>
#include <map>

#include "policy/analysis/first_match.h"
#include "policy/base/text.h"
#include "policy/decision/evaluate.h"
#include "policy/hosts/rule_match.h"
#include "policy/hosts/rule_verdict.h"

namespace postern::policy::analysis {
namespace {

using hosts::Which;

Outcome OutcomeAtEnd(const hosts::HostsPolicy& policy, Consequences& deeds) {
  const std::optional<hosts::Verdict> verdict = hosts::VerdictAtEnd(policy.deny());
  return OutcomeOf(policy, verdict.value_or(hosts::Allow{}), deeds);
}

// The first address of every part of the space that the blocks of a service's lists cut out.
std::vector<Number128> Cuts(const ServiceSpec& spec) {
  std::vector<Number128> cuts{{}, kIpv4Range.first, kIpv4Range.last.Next()};
  for (const AccessList* list : {spec.only_from.get(), spec.no_access.get()}) {
    if (list == nullptr) continue;
    for (const AddressWord& word : list->words()) {
      for (const CidrBlock& block : word.blocks) {
        const AddressRange range = RangeOf(block);
        cuts.push_back(range.first);
        if (range.last != Number128::Max()) cuts.push_back(range.last.Next());
      }
    }
  }
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  return cuts;
}

}  // namespace

Outcome OutcomeOf(const hosts::HostsPolicy& policy, const hosts::Verdict& verdict,
                  Consequences& deeds) {
  const auto where = [](const hosts::Rule* rule) {
    return rule != nullptr ? &rule->where : nullptr;
  };
  if (const auto* allow = std::get_if<hosts::Allow>(&verdict)) {
    return {true, where(allow->rule), hosts::ReasonText(allow->reason), deeds.Of(verdict)};
  }
  const auto& deny = std::get<hosts::Deny>(verdict);
  const bool abandoned = deny.reason == hosts::Reason::kTableAbandoned;
  return {false, abandoned ? &policy.deny().end_where : where(deny.rule),
          hosts::ReasonText(deny.reason), deeds.Of(verdict)};
}

Outcome OutcomeOf(const Verdict& verdict) {
  const auto* deny = std::get_if<Deny>(&verdict);
  if (deny == nullptr) return {true, nullptr, "the service's own rules admit"};
  return {false, deny->rule != nullptr ? &deny->rule->where : nullptr,
          EvidenceText(deny->evidence)};
}

const Outcome& VerdictMap::At(const Regions& regions, const IpAddress& address) const {
  return outcomes[partition.At(regions, address)];
}

Region VerdictMap::Allowed(Regions& regions) const {
  return Where(regions, partition,
               [this](std::uint32_t number) { return outcomes[number].allowed; });
}

std::vector<VerdictMap::Reach> VerdictMap::Reached(Regions& regions, const Region& within) const {
  std::vector<Reach> reached;
  for (const auto& [number, address] : NumbersIn(regions, partition, within)) {
    reached.push_back({outcomes[number], address});
  }
  return reached;
}

VerdictMap Both(Regions& regions, const VerdictMap& first, const VerdictMap& second,
                Consequences& deeds) {
  VerdictMap both;
  std::map<Outcome, std::uint32_t> numbers;
  both.partition =
      Overlay(regions, first.partition, second.partition, [&](std::uint32_t a, std::uint32_t b) {
        Outcome outcome = first.outcomes[a];
        if (outcome.allowed && !deeds.Replaces(outcome.deeds)) {
          const Consequences::Number already = outcome.deeds;
          outcome = second.outcomes[b];
          outcome.deeds = deeds.Both(already, outcome.deeds);
        }
        const auto next = static_cast<std::uint32_t>(both.outcomes.size());
        const auto [known, added] = numbers.emplace(outcome, next);
        if (added) both.outcomes.push_back(outcome);
        return known->second;
      });
  return both;
}

VerdictMap MapService(const ServiceSpec& spec, std::string_view name) {
  VerdictMap map;
  const std::vector<Number128> cuts = Cuts(spec);
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    const Outcome outcome = OutcomeOf(EvaluateAddress(spec, cuts[i].ToAddress(), name));
    const Number128 last = i + 1 < cuts.size() ? cuts[i + 1].Previous() : Number128::Max();
    if (!map.outcomes.empty() && map.outcomes.back() == outcome) {
      map.partition.pieces.back().range.last = last;
      continue;
    }
    const auto number = static_cast<std::uint32_t>(map.outcomes.size());
    map.partition.pieces.push_back({{cuts[i], last}, number});
    map.outcomes.push_back(outcome);
  }
  return map;
}

HostsMapper::HostsMapper(Regions& regions, const hosts::HostsPolicy& policy, Consequences& deeds)
    : regions_(regions), at_end_(OutcomeAtEnd(policy, deeds)) {
  ClientPlanner planner(regions);
  const hosts::Request nobody;
  const hosts::Matcher matcher(nobody);
  for (const hosts::Table* table : {&policy.allow(), &policy.deny()}) {
    for (const hosts::Rule& rule : table->rules) {
      regions.WorkOn(rule.where);
      const auto outcome = [&](hosts::Answer answer) {
        return OutcomeOf(policy, hosts::VerdictOf(rule, table->which, answer, matcher), deeds);
      };
      daemons_.Add(rule, static_cast<std::uint32_t>(entries_.size()));
      entries_.push_back({&rule, table->which, planner.Plan(rule, table->which),
                          outcome(hosts::Answer::kYes), outcome(hosts::Answer::kUnusable)});
    }
  }
}

HostsMapper::Speaking HostsMapper::SpeakingTo(const hosts::Request& request) const {
  Speaking speaking;
  hosts::Request known = request;
  for (const std::uint32_t i : daemons_.MaySpeakTo(request.daemon.text())) {
    hosts::Answer answer = hosts::Answer::kNeed;
    while (answer == hosts::Answer::kNeed) {
      hosts::Matcher matcher(known);
      answer = hosts::MatchDaemons(*entries_[i].rule, entries_[i].which, matcher);
      if (answer != hosts::Answer::kNeed) break;
      known.server.name = known.server.name.asked() ? known.server.name : hosts::Fact::Unknown();
      known.netgroups.emplace(std::pair(matcher.need().group, matcher.need().host), false);
    }
    if (answer != hosts::Answer::kNo) {
      speaking.rules.emplace_back(i, answer == hosts::Answer::kUnusable);
    }
  }
  return speaking;
}

VerdictMap HostsMapper::Map(const Speaking& speaking, const Client& client) const {
  VerdictMap map;
  FirstMatch first(regions_);
  for (const auto& [index, unusable] : speaking.rules) {
    const Entry& entry = entries_[index];
    const auto add = [&](const Region& region, const Outcome& outcome) {
      if (region.empty()) return;
      first.Add(region, static_cast<std::uint32_t>(map.outcomes.size()));
      map.outcomes.push_back(outcome);
    };
    if (unusable) {
      add({AddressSet::All(), std::nullopt}, entry.unusable);
      break;
    }
    if (!entry.clients.constant()) regions_.WorkOn(entry.rule->where);
    regions_.diagrams().Spend(entry.clients.steps());
    if (regions_.diagrams().exhausted()) break;
    const Matched matched = entry.clients.Match(regions_, client);
    add(matched.yes, entry.outcome);
    const bool settled =
        hosts::Settle(hosts::Answer::kUnusable, *entry.rule, entry.which) == hosts::Answer::kNo;
    if (!settled) add(matched.unusable, entry.unusable);
    if (matched.yes.ranges == AddressSet::All()) break;
  }
  map.partition = first.Take(static_cast<std::uint32_t>(map.outcomes.size()));
  map.outcomes.push_back(at_end_);
  return map;
}

VerdictMap MapHosts(Regions& regions, const hosts::HostsPolicy& policy,
                    const hosts::Request& request, Consequences& deeds) {
  const auto text = [](const hosts::Fact& fact) {
    return fact.asked() ? std::string_view(fact.text()) : hosts::kUnknown;
  };
  Client client(text(request.client.name), text(request.user));
  for (const auto& [membership, member] : request.netgroups) {
    if (EqualsIgnoreCase(membership.second, text(request.client.name))) {
      client.groups[membership.first] |= member;
    }
  }
  const HostsMapper mapper(regions, policy, deeds);
  return mapper.Map(mapper.SpeakingTo(request), client);
}

}  // namespace postern::policy::analysis
