// SPDX-License-Identifier: BSD-2-Clause
#include "policy/exposure/rate.h"

#include <algorithm>
#include <array>
#include <utility>

namespace postern::policy::exposure {
namespace {

struct Band {
  unsigned from;
  std::string_view name;
};
constexpr Band kBands[] = {{100, "bare"},   {90, "open"}, {75, "loose"}, {50, "partial"},
                           {10, "guarded"}, {1, "tight"}, {0, "sealed"}};
constexpr unsigned kAll = 100;

}  // namespace

std::string_view BandOf(unsigned exposure) {
  return std::ranges::find_if(kBands, [&](const Band& band) { return exposure >= band.from; })
      ->name;
}

Score Rate(const Facts& facts) {
  Score score;
  std::uint64_t exposed = 0, total = 0;
  for (const Row& row : Rows()) {
    Seen seen = row.judge(row, facts);
    if (seen.counted) {
      exposed += std::uint64_t{row.weight} * seen.share;
      total += std::uint64_t{row.weight} * kAll;
    }
    score.items.push_back({&row, std::move(seen)});
  }
  if (total != 0) score.exposure = static_cast<unsigned>((exposed * kAll + total - 1) / total);
  return score;
}

}  // namespace postern::policy::exposure
