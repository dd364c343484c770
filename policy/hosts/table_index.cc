// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hosts/table_index.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "policy/hosts/rule_match.h"

namespace postern::policy::hosts {
namespace {

// Below this many tokens, trying them costs less than the look-ups of an index and its memory.
constexpr std::size_t kIndexedTokens = 8;

const TextPattern* NameOf(const DaemonToken& token) {
  return std::get_if<TextPattern>(&token.daemon);
}

bool NamesServer(const Rule& rule) {
  return std::ranges::any_of(rule.daemons, [](const std::vector<DaemonToken>& segment) {
    return std::ranges::any_of(segment, [](const DaemonToken& t) { return t.server != nullptr; });
  });
}

bool AllOfKind(const std::vector<DaemonToken>& segment, TextPattern::Kind a, TextPattern::Kind b) {
  return std::ranges::all_of(segment, [=](const DaemonToken& token) {
    const TextPattern* name = NameOf(token);
    return name && (name->kind == a || name->kind == b);
  });
}

// Equal for lists that say the same; no token holds a blank.
std::string KeyOf(const List<DaemonToken>& list) {
  std::string key;
  for (const std::vector<DaemonToken>& segment : list) {
    for (const DaemonToken& token : segment) {
      const TextPattern* name = NameOf(token);
      key += name ? name->folded : token.text;
      key += name ? ' ' : '\t';
    }
    key += '\n';
  }
  return key;
}

}  // namespace

TableIndex::TableIndex(const Table& table) : table_(table) {
  MakeGroups();
  for (std::uint32_t group = 0; group < groups_.size(); ++group) {
    FileGroup(group);
    IndexClients(groups_[group]);
  }
}

// Every rule goes to the rules to be tried of its group.
void TableIndex::MakeGroups() {
  TextMap<std::uint32_t> known;
  for (std::uint32_t i = 0; i < table_.rules.size(); ++i) {
    const Rule& rule = table_.rules[i];
    if (NamesServer(rule)) {
      whole_.push_back(i);
      continue;
    }
    const auto next = static_cast<std::uint32_t>(groups_.size());
    const auto [entry, added] = known.emplace(KeyOf(rule.daemons), next);
    if (added) groups_.emplace_back().daemons = &rule.daemons;
    groups_[entry->second].tried.push_back(i);
  }
}

void TableIndex::FileGroup(std::uint32_t group) {
  using Kind = TextPattern::Kind;
  const List<DaemonToken>& daemons = *groups_[group].daemons;
  if (daemons.size() > 1 || !AllOfKind(daemons.front(), Kind::kExact, Kind::kAll)) {
    asked_.push_back(group);
    return;
  }
  for (const DaemonToken& token : daemons.front()) {
    std::vector<std::uint32_t>& groups =
        NameOf(token)->kind == Kind::kAll ? always_ : by_name_[NameOf(token)->folded];
    if (groups.empty() || groups.back() != group) groups.push_back(group);
  }
}

std::unique_ptr<ClientIndex> TableIndex::IndexOf(const std::vector<std::uint32_t>& rules) const {
  auto index = std::make_unique<ClientIndex>();
  for (const std::uint32_t i : rules) {
    const Rule& rule = table_.rules[i];
    index->Add(i, rule.clients.front(), MalformedMatches(EffectOf(rule, table_.which), 0));
  }
  index->Finish();
  return index;
}

void TableIndex::IndexClients(Group& group) {
  std::vector<std::uint32_t> decided, guarded, tried;
  std::size_t tokens = 0;
  for (const std::uint32_t i : group.tried) {
    const Rule& rule = table_.rules[i];
    const bool knows = ClientIndex::Knows(rule);
    if (knows) tokens += rule.clients.front().size();
    (ClientIndex::Decides(rule) ? decided : knows ? guarded : tried).push_back(i);
  }
  if (tokens <= kIndexedTokens) return;
  if (!decided.empty()) group.decided = IndexOf(decided);
  if (!guarded.empty()) group.guard = IndexOf(guarded);
  group.guarded = std::move(guarded);
  group.tried = std::move(tried);
}

bool TableIndex::Concerns(const Group& group, const Matcher& matcher) const {
  return MatchList(*group.daemons, [&matcher](const DaemonToken& token, std::size_t) {
           return matcher.Match(token.daemon) ? Answer::kYes : Answer::kNo;
         }) == Answer::kYes;
}

// Each lowers `best` to the first of its rules that is not kNo, if that is in front of it.
void TableIndex::Try(std::span<const std::uint32_t> rules, Matcher& matcher, Best& best) const {
  for (const std::uint32_t i : rules) {
    if (i >= best.rule) return;
    const Answer answer = MatchClients(table_.rules[i], table_.which, matcher);
    if (answer != Answer::kNo) best = {i, answer};
  }
}

void TableIndex::Search(const Group& group, Matcher& matcher, Best& best) const {
  if (group.decided) {
    const ClientIndex::Found found = group.decided->Find(matcher.client());
    if (found.matched < best.rule) best = {found.matched, Answer::kYes};
    if (found.by_name < best.rule) best = {found.by_name, matcher.Ask(Needed::kClientName)};
  }
  if (group.guard) {
    const ClientIndex::Found found = group.guard->Find(matcher.client());
    const auto first =
        std::ranges::lower_bound(group.guarded, std::min(found.matched, found.by_name));
    Try({first, group.guarded.end()}, matcher, best);
  }
  Try(group.tried, matcher, best);
}

std::optional<TableIndex::Found> TableIndex::FindOneByOne(Matcher& matcher) const {
  for (std::uint32_t i = 0; i < table_.rules.size(); ++i) {
    const Answer answer = MatchRule(table_.rules[i], table_.which, matcher);
    if (answer != Answer::kNo) return Found{i, answer};
  }
  return std::nullopt;
}

std::optional<TableIndex::Found> TableIndex::Find(Matcher& matcher) const {
  if (matcher.lacks_name()) return FindOneByOne(matcher);
  Best best;
  const auto named = by_name_.find(matcher.daemon().text());
  if (named != by_name_.end()) {
    for (const std::uint32_t group : named->second) Search(groups_[group], matcher, best);
  }
  for (const std::uint32_t group : always_) Search(groups_[group], matcher, best);
  for (const std::uint32_t group : asked_) {
    if (Concerns(groups_[group], matcher)) Search(groups_[group], matcher, best);
  }
  for (const std::uint32_t i : whole_) {
    if (i >= best.rule) break;
    const Answer answer = MatchRule(table_.rules[i], table_.which, matcher);
    if (answer != Answer::kNo) best = {i, answer};
  }
  if (best.rule == kUnmatched) return std::nullopt;
  return Found{best.rule, best.answer};
}

}  // namespace postern::policy::hosts
