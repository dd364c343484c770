// SPDX-License-Identifier: BSD-2-Clause
// Which clients a policy treats alike, told without mapping any of them.
//
// Policies may name thousands of hosts, each of them a symbol of its own, while all that most of
// them change is which of many rules with the same effect is the first to match.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "policy/analysis/compare_views.h"

namespace postern::policy::analysis {

// Patterns for names, each with a number; those that match a name are found without trying all.
class NameNumbers {
 public:
  void Add(const hosts::TextPattern& pattern, std::uint32_t number);
  enum class Which : std::uint8_t { kFirst, kEvery };  // of the numbers of one pattern
  // In any order; a number may come more than once.
  std::vector<std::uint32_t> Of(const hosts::Subject& name, Which which) const;
  std::size_t others() const { return others_.size(); }

 private:
  std::unordered_map<std::string, std::vector<std::uint32_t>> exact_, domains_;
  std::vector<std::pair<const hosts::TextPattern*, std::uint32_t>> others_;
};

class ClientSorter {
 public:
  ClientSorter(Regions& regions, const View& view);
  struct Keys {
    std::string effect;  // where equal, verdicts and options are equal from every address
    std::string rules;   // where equal, the deciding rules are too
    friend auto operator<=>(const Keys&, const Keys&) = default;
  };
  // Takes its steps from the diagrams of `regions`.
  Keys KeysOf(const Client& client);

 private:
  // A rule that is matched from some addresses only by some names.
  struct Intricate {
    const ClientPlan* plan;
    std::uint32_t rule;
    std::map<Region, std::uint32_t> answers;  // numbered; 0: what it matches of nobody
  };
  // For one daemon name: the rules by what they hang on. A run is rules of one effect in a row.
  struct Rules {
    std::vector<std::uint32_t> runs;  // by the place of the rule
    NameNumbers simple;               // places of rules
    NameNumbers intricate;            // places in intricates
    std::vector<Intricate> intricates;
    std::vector<const ClientPlan*> opaque;  // with users, groups or files: every token counts
  };
  Rules Sort(const HostsMapper& mapper, const HostsMapper::Speaking& speaking);
  void Place(const ClientPlan& plan, Rules& rules);
  std::uint32_t FirstToSettle(Rules& rules, const Client& client, std::string& key);
  void AppendKeys(Rules& rules, const Client& client, Keys& keys);

  Regions& regions_;
  const ServiceSpec* spec_;
  std::vector<Rules> rules_;
};

}  // namespace postern::policy::analysis
