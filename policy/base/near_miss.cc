// SPDX-License-Identifier: BSD-2-Clause
// Restricted Damerau-Levenshtein distance over fixed-size rows; see near_miss.h.
#include "policy/base/near_miss.h"

#include <algorithm>
#include <array>

#include "policy/base/text.h"

namespace postern::policy {
namespace {

using Row = std::array<std::size_t, kMaxNearMissLength + 1>;

// Both texts are at most kMaxNearMissLength long.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  Row before_last{};
  Row last{};
  Row row{};
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = ToLower(a[i - 1]) == ToLower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && ToLower(a[i - 1]) == ToLower(b[j - 2]) &&
                           ToLower(a[i - 2]) == ToLower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = row;
  }
  return last[b.size()];
}

}  // namespace

std::string_view NearMiss(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.empty() || word.size() > kMaxNearMissLength) return {};
  std::string_view best;
  std::size_t best_distance = kMaxNearMissLength + 1;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > kMaxNearMissLength) continue;
    const std::size_t distance = EditDistance(word, candidate);
    const std::size_t allowed = std::max<std::size_t>(1, candidate.size() / 3);
    if (distance > allowed || distance >= candidate.size() || distance >= best_distance) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

std::string DidYouMean(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string_view near = NearMiss(word, candidates);
  if (near.empty()) return {};
  return " (did you mean \"" + std::string(near) + "\"?)";
}

}  // namespace postern::policy
