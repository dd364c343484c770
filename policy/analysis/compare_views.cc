// SPDX-License-Identifier: BSD-2-Clause
// Two maps laid over each other, and what each part of the space gets from either.
#include "policy/analysis/compare_views.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "policy/decision/evaluate.h"

namespace postern::policy::analysis {
namespace {

constexpr std::size_t kStepsOfRule = 4;  // asking one for an address that is not known

Outcome NoService() { return {false, nullptr, "no such service"}; }

std::string_view Confirmed(const ClientSymbol& client) {
  const std::string& name = client.name.texts.representative;
  return name == hosts::kUnknown || name == hosts::kParanoid ? std::string_view() : name;
}

// A sensor serves nobody.
bool IsSensor(const ServiceSpec& spec) {
  return spec.kind == ServiceKind::kInternal && spec.builtin == Builtin::kSensor;
}

Outcome Sensed() { return {false, nullptr, EvidenceText(AddressEvidence::kSensor)}; }

VerdictMap Constant(const Outcome& outcome) {
  return {{outcome}, {{{{{}, Number128::Max()}, 0}}, std::nullopt}};
}

VerdictMap MapOf(Regions& regions, Consequences& deeds, const View& view,
                 const ClientSymbol& symbol) {
  if (!view.exists) return Constant(NoService());
  if (view.spec != nullptr && IsSensor(*view.spec)) return Constant(Sensed());
  std::optional<VerdictMap> map;
  if (view.spec != nullptr) map = MapService(*view.spec, Confirmed(symbol));
  const Client client = ClientOf(symbol);
  for (const HostsMapper::Speaking& speaking : view.speaking) {
    VerdictMap hosts = view.mapper->Map(speaking, client);
    map = map ? Both(regions, *map, hosts, deeds) : std::move(hosts);
  }
  return *std::move(map);
}

Outcome AtUnknownAddress(Regions& regions, Consequences& deeds, const View& view,
                         const ClientSymbol& symbol) {
  if (!view.exists) return NoService();
  Outcome outcome;
  if (view.spec != nullptr) {
    if (IsSensor(*view.spec)) return Sensed();
    outcome = OutcomeOf(EvaluateAddress(*view.spec, std::nullopt, Confirmed(symbol)));
    if (!outcome.allowed) return outcome;
  }
  for (const hosts::Request& asked : view.requests) {
    hosts::Request request = asked;
    const std::string& name = symbol.name.texts.representative;
    request.client.name = hosts::Fact::Known(name);
    request.user = hosts::Fact::Known(symbol.user.texts.representative);
    for (const auto& [group, member] : symbol.groups) request.netgroups[{group, name}] = member;
    regions.diagrams().Spend(kStepsOfRule * view.speaking.front().rules.size());
    const Consequences::Number already = outcome.deeds;
    outcome = OutcomeOf(*view.hosts, hosts::Evaluate(*view.hosts, request), deeds);
    outcome.deeds = deeds.Both(already, outcome.deeds);
    if (!outcome.allowed || deeds.Replaces(outcome.deeds)) return outcome;
  }
  return outcome;
}

// The pairs of outcomes that differ in verdict or options, numbered from 1 as they are met.
class Pairs {
 public:
  std::uint32_t NumberOf(const Outcome& before, const Outcome& after) {
    if (before.allowed == after.allowed && before.deeds == after.deeds) return 0;
    const auto next = static_cast<std::uint32_t>(numbers_.size()) + 1;
    return numbers_.emplace(std::pair(before, after), next).first->second;
  }
  const std::map<std::pair<Outcome, Outcome>, std::uint32_t>& all() const { return numbers_; }

 private:
  std::map<std::pair<Outcome, Outcome>, std::uint32_t> numbers_;
};

// The region of each number from 1 to `count`.
std::vector<Region> RegionsOf(Regions& regions, const Partition& partition, std::size_t count) {
  std::vector<Region> result(count + 1);
  if (partition.scattered) {
    for (std::uint32_t number = 1; number <= count; ++number) {
      result[number] =
          Where(regions, partition, [number](std::uint32_t at) { return at == number; });
    }
    return result;
  }
  std::vector<std::vector<AddressRange>> ranges(count + 1);
  for (const BitDiagrams::Piece& piece : partition.pieces) {
    if (piece.number != 0) ranges[piece.number].push_back(piece.range);
  }
  for (std::size_t i = 1; i <= count; ++i) result[i].ranges = AddressSet(std::move(ranges[i]));
  return result;
}

}  // namespace

Client ClientOf(const ClientSymbol& symbol) {
  Client client(symbol.name.texts.representative, symbol.user.texts.representative);
  client.groups.insert(symbol.groups.begin(), symbol.groups.end());
  return client;
}

Changes CompareViews(Regions& regions, Consequences& deeds, const View& before, const View& after,
                     const ClientSymbol& client) {
  const VerdictMap old_map = MapOf(regions, deeds, before, client);
  const VerdictMap new_map = MapOf(regions, deeds, after, client);
  Pairs pairs;
  const Partition both =
      Overlay(regions, old_map.partition, new_map.partition, [&](std::uint32_t a, std::uint32_t b) {
        return pairs.NumberOf(old_map.outcomes[a], new_map.outcomes[b]);
      });
  const std::size_t mapped = pairs.all().size();
  const std::uint32_t unknown = pairs.NumberOf(AtUnknownAddress(regions, deeds, before, client),
                                               AtUnknownAddress(regions, deeds, after, client));
  std::vector<Region> found = RegionsOf(regions, both, mapped);
  found.resize(pairs.all().size() + 1);
  std::vector<std::pair<std::optional<IpAddress>, Change>> sorted;
  for (const auto& [pair, number] : pairs.all()) {
    const std::optional<IpAddress> lowest = regions.Sample(found[number]);
    if (!lowest && number != unknown) continue;
    const auto& [was, is] = pair;
    const bool more = was.allowed && is.allowed && deeds.Widens(was.deeds, is.deeds);
    sorted.emplace_back(
        lowest, Change{std::move(found[number]), number == unknown && unknown != 0, was, is, more});
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  Changes changes;
  for (auto& [lowest, change] : sorted) changes.push_back(std::move(change));
  return changes;
}

}  // namespace postern::policy::analysis
