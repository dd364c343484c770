// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/filter/groups.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sandbox/filter/call_numbers.h"

namespace postern::sandbox::filter {
namespace {

const CallGroup* FindGroup(std::string_view name) {
  const auto table = GroupTable();
  const auto row = std::ranges::find(table, name, &CallGroup::name);
  return row == table.end() ? nullptr : &*row;
}

// Groups name groups in the table only, which a test keeps free of circles.
void AddNumbers(std::string_view word, std::vector<std::uint32_t>& numbers) {
  if (!word.starts_with('@')) {
    if (const auto number = NumberOf(word)) numbers.push_back(*number);
    return;
  }
  if (const CallGroup* group = FindGroup(word)) {
    for (const std::string_view member : group->members) AddNumbers(member, numbers);
  }
}

// Which row of the table each call belongs to.
using Membership = std::array<const CallGroup*, kHighestCall + 1>;

Membership FindMembership() {
  Membership membership{};
  for (const CallGroup& group : GroupTable()) {
    if (group.kind == GroupKind::kAlias || group.kind == GroupKind::kPreset) continue;
    for (const std::uint32_t number : Expand(group.name)) {
      if (number <= kHighestCall && membership[number] == nullptr) membership[number] = &group;
    }
  }
  return membership;
}

const CallGroup* GroupHolding(std::uint32_t number) {
  static const Membership kMembership = FindMembership();
  return number <= kHighestCall ? kMembership[number] : nullptr;
}

// Levenshtein's distance: how many letters to change, add or leave out.
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
    }
  }
  return row[b.size()];
}

std::vector<std::string> KnownWords() {
  std::vector<std::string> words;
  for (const CallGroup& group : GroupTable()) words.emplace_back(group.name);
  for (std::uint32_t number = 0; number <= kHighestCall; ++number) {
    if (std::string name = NameOf(number); !name.empty()) words.push_back(std::move(name));
  }
  return words;
}

}  // namespace

WordKind KindOf(std::string_view word) {
  if (!word.starts_with('@')) return IsCallName(word) ? WordKind::kCall : WordKind::kUnknown;
  const CallGroup* group = FindGroup(word);
  if (group == nullptr) return WordKind::kUnknown;
  return group->kind == GroupKind::kDenied ? WordKind::kDeniedGroup : WordKind::kGroup;
}

std::vector<std::string> NearMisses(std::string_view word) {
  constexpr std::size_t kFarthest = 2, kMost = 3, kLongestWord = 64;
  if (word.size() > kLongestWord) return {};
  std::vector<std::pair<std::size_t, std::string>> near;
  for (std::string& known : KnownWords()) {
    // "io" for "@io" and "@read" for "read" are what people forget.
    const bool sigil = known == '@' + std::string(word) || '@' + known == word;
    const std::size_t distance = sigil ? 0 : Distance(word, known);
    // A word of which nothing is left was not meant.
    if (distance <= kFarthest && distance < known.size() / 2) {
      near.emplace_back(distance, std::move(known));
    }
  }
  std::ranges::sort(near);
  std::vector<std::string> words;
  for (auto& [distance, known] : near) {
    if (words.size() < kMost) words.push_back(std::move(known));
  }
  return words;
}

std::vector<std::uint32_t> Expand(std::string_view word) {
  std::vector<std::uint32_t> numbers;
  AddNumbers(word, numbers);
  std::ranges::sort(numbers);
  const auto again = std::ranges::unique(numbers);
  numbers.erase(again.begin(), again.end());
  return numbers;
}

std::string_view GroupOf(std::uint32_t number) {
  const CallGroup* group = GroupHolding(number);
  return group == nullptr ? std::string_view() : group->name;
}

bool IsAlwaysDenied(std::uint32_t number) {
  const CallGroup* group = GroupHolding(number);
  return group != nullptr && group->kind == GroupKind::kDenied;
}

std::vector<std::string> BaseWords() {
  std::vector<std::string> words;
  for (const CallGroup& group : GroupTable()) {
    if (group.kind == GroupKind::kBase) words.emplace_back(group.name);
  }
  return words;
}

}  // namespace postern::sandbox::filter
