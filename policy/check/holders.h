// SPDX-License-Identifier: BSD-2-Clause
// What the rules seen so far hold, so that the next one can be asked whether anything is left of
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/base/work_budget.h"
#include "policy/check/address_cover.h"
#include "policy/check/rule_shape.h"

namespace postern::policy::check {

class Holders {
 public:
  // Once `work` is exhausted, answers are wrong, and nothing is kept any more.
  explicit Holders(WorkBudget& work) : work_(work) {}

  // The shape's rule must outlive this.
  void Add(const RuleShape& shape, std::uint32_t rule);

  // The rules that hold all of it, or nullopt: something is left.
  std::optional<std::set<std::uint32_t>> HoldersOf(const RuleShape& shape);

 private:
  static constexpr std::size_t kMaxPieces = 256;  // of one range
  static constexpr std::size_t kMaxGlobs = 16;

  // All that is held for one kind of daemon.
  struct Group {
    AddressCover cover;
    std::optional<std::uint32_t> all;
    std::unordered_map<std::string, std::uint32_t> texts;    // keys, and "list …"
    std::unordered_map<std::string, std::uint32_t> domains;  // ".example.org"
    const hosts::TextPattern* glob = nullptr;
  };
  using Groups = std::vector<const Group*>;
  using Owners = std::set<std::uint32_t>;

  Group& GroupOf(const std::string& key);
  Groups GroupsFor(const DaemonShape& daemon, const std::string& list);
  void AddTo(Group& group, const RuleShape& shape, std::uint32_t rule);
  bool Held(const Groups& groups, const RuleShape& shape, Owners& owners);
  bool Held(const Groups& groups, const ClientShape& client, Owners& owners);
  bool Held(const Groups& groups, const analysis::AddressSet& set, Owners& owners);
  bool Held(const Groups& groups, const analysis::AddressRange& range, Owners& owners);
  bool Covered(const Groups& groups, const analysis::AddressRange& range);
  bool HeldByText(const Group& group, const std::string& text, Owners& owners);
  bool HeldByDomain(const Group& group, std::string_view name, Owners& owners);
  void Keep(std::unordered_map<std::string, std::uint32_t>& texts, const std::string& text,
            std::uint32_t rule);
  void Keep(Group& group, const analysis::AddressSet& addresses, std::uint32_t rule);

  std::unordered_map<std::string, Group*> by_key_;
  std::deque<Group> groups_;
  std::vector<const Group*> globs_;
  WorkBudget& work_;
};

}  // namespace postern::policy::check
