// SPDX-License-Identifier: BSD-2-Clause
#include "policy/check/holders.h"

#include <algorithm>

#include "policy/hosts/pattern_match.h"

namespace postern::policy::check {
namespace {

using analysis::AddressRange;
using analysis::AddressSet;
using analysis::Number128;

// In units of a WorkBudget. What is kept costs memory, too.
constexpr std::size_t kKeepWork = 64;
constexpr std::size_t kFindWork = 8;

// Reading, hashing or copying it.
std::size_t WorkOf(std::string_view text) { return text.size() / 16; }

const std::string kAllDaemons = "all";

// No key of a token has a blank in it.
std::string ListKey(const std::string& list) { return "list " + list; }

}  // namespace

Holders::Group& Holders::GroupOf(const std::string& key) {
  Group*& group = by_key_[key];
  work_.Spend((group == nullptr ? kKeepWork : kFindWork) + WorkOf(key));
  if (group == nullptr) group = &groups_.emplace_back();
  return *group;
}

void Holders::Add(const RuleShape& shape, std::uint32_t rule) {
  if (!shape.decides) return;
  if (!shape.daemon_list.empty()) return AddTo(GroupOf(ListKey(shape.daemon_list)), shape, rule);
  for (const DaemonShape& daemon : shape.daemons) {
    if (work_.exhausted()) return;
    Group& group = GroupOf(daemon.all ? kAllDaemons : daemon.key);
    if (!daemon.all && daemon.glob != nullptr && group.glob == nullptr &&
        globs_.size() < kMaxGlobs) {
      group.glob = daemon.glob;
      globs_.push_back(&group);
    }
    AddTo(group, shape, rule);
  }
}

void Holders::Keep(std::unordered_map<std::string, std::uint32_t>& texts, const std::string& text,
                   std::uint32_t rule) {
  if (work_.Spend(kKeepWork + 2 * WorkOf(text))) texts.try_emplace(text, rule);
}

void Holders::Keep(Group& group, const AddressSet& addresses, std::uint32_t rule) {
  if (!work_.Spend(kKeepWork * addresses.ranges().size())) return;
  for (const AddressRange& range : addresses.ranges()) group.cover.Add(range, rule);
}

void Holders::AddTo(Group& group, const RuleShape& shape, std::uint32_t rule) {
  if (!shape.client_list.empty()) {
    Keep(group.texts, ListKey(shape.client_list), rule);
    if (shape.exact) Keep(group, *shape.exact, rule);
    return;
  }
  for (const ClientShape& client : shape.clients) {
    if (!work_.Spend(1)) return;
    if (!client.sure) continue;
    if (client.all && !group.all) group.all = rule;
    const bool has_user = client.key != client.host;
    if (has_user || !client.only_addresses) Keep(group.texts, client.key, rule);
    if (has_user) continue;
    if (!client.domain.empty()) Keep(group.domains, client.domain, rule);
    Keep(group, client.addresses, rule);
  }
}

std::optional<std::set<std::uint32_t>> Holders::HoldersOf(const RuleShape& shape) {
  if (shape.daemons.empty() || shape.clients.empty()) return std::nullopt;
  Owners owners;
  for (const DaemonShape& daemon : shape.daemons) {
    if (!work_.Spend(kFindWork) || !Held(GroupsFor(daemon, shape.daemon_list), shape, owners)) {
      return std::nullopt;
    }
  }
  if (owners.empty()) return std::nullopt;  // it matches nobody
  return owners;
}

Holders::Groups Holders::GroupsFor(const DaemonShape& daemon, const std::string& list) {
  Groups groups;
  const auto take = [&](const std::string& key) {
    work_.Spend(kFindWork + WorkOf(key));
    const auto found = by_key_.find(key);
    if (found != by_key_.end()) groups.push_back(found->second);
  };
  take(kAllDaemons);
  if (!list.empty()) take(ListKey(list));
  if (daemon.all) return groups;
  take(daemon.key);
  if (daemon.key != daemon.name) take(daemon.name);
  if (!daemon.exact) return groups;
  for (const Group* group : globs_) {
    work_.Spend(kFindWork + group->glob->folded.size() * WorkOf(daemon.name));
    if (hosts::Matches(*group->glob, daemon.name)) groups.push_back(group);
  }
  return groups;
}

bool Holders::Held(const Groups& groups, const RuleShape& shape, Owners& owners) {
  if (groups.empty()) return false;
  if (!shape.client_list.empty()) {
    for (const Group* group : groups) {
      if (HeldByText(*group, ListKey(shape.client_list), owners)) return true;
    }
    if (shape.exact && Held(groups, *shape.exact, owners)) return true;
  }
  for (const ClientShape& client : shape.clients) {
    if (work_.exhausted() || !Held(groups, client, owners)) return false;
  }
  return true;
}

bool Holders::Held(const Groups& groups, const ClientShape& client, Owners& owners) {
  for (const Group* group : groups) {
    work_.Spend(1);
    if (group->all) {
      owners.insert(*group->all);
      return true;
    }
    const bool has_user = client.key != client.host;
    if (client.only_addresses && !has_user) continue;
    if (HeldByText(*group, client.key, owners)) return true;
    if (has_user && HeldByText(*group, client.host, owners)) return true;
    if (!client.only_addresses && HeldByDomain(*group, client.host, owners)) return true;
  }
  return client.only_addresses && Held(groups, client.addresses, owners);
}

bool Holders::Held(const Groups& groups, const AddressSet& set, Owners& owners) {
  for (const AddressRange& range : set.ranges()) {
    if (!Held(groups, range, owners)) return false;
  }
  return true;
}

// The stretches say quickly whether; the pieces, who.
bool Holders::Held(const Groups& groups, const AddressRange& range, Owners& owners) {
  if (!Covered(groups, range)) return false;
  Number128 at = range.first;
  for (std::size_t pieces = 0; pieces < kMaxPieces; ++pieces) {
    work_.Spend(kFindWork * (groups.size() + 1));
    const auto holds = [&at](const Group* group) {
      return group->cover.CoveredUntil(at).has_value();
    };
    const AddressCover::Owner owner = (*std::ranges::find_if(groups, holds))->cover.OwnerOf(at);
    owners.insert(owner.rule);
    if (owner.last >= range.last) return true;
    at = owner.last.Next();
  }
  return false;
}

bool Holders::Covered(const Groups& groups, const AddressRange& range) {
  Number128 at = range.first;
  for (std::size_t stretches = 0; stretches < kMaxPieces; ++stretches) {
    std::optional<Number128> end;
    for (const Group* group : groups) {
      work_.Spend(kFindWork);
      end = std::max(end, group->cover.CoveredUntil(at));
    }
    if (!end) return false;
    if (*end >= range.last) return true;
    at = end->Next();
  }
  return false;
}

bool Holders::HeldByText(const Group& group, const std::string& text, Owners& owners) {
  work_.Spend(kFindWork + WorkOf(text));
  const auto found = group.texts.find(text);
  if (found == group.texts.end()) return false;
  owners.insert(found->second);
  return true;
}

// "host.lab.example.org" and ".lab.example.org" are both below ".example.org".
bool Holders::HeldByDomain(const Group& group, std::string_view name, Owners& owners) {
  if (group.domains.empty() || name.ends_with('.')) return false;
  if (name.find_first_of("*?@/[") != std::string_view::npos) return false;
  for (std::size_t dot = name.find('.', 1); dot != std::string_view::npos;
       dot = name.find('.', dot + 1)) {
    if (!work_.Spend(kFindWork + 2 * WorkOf(name.substr(dot)))) return false;
    const auto found = group.domains.find(std::string(name.substr(dot)));
    if (found == group.domains.end()) continue;
    owners.insert(found->second);
    return true;
  }
  return false;
}

}  // namespace postern::policy::check
