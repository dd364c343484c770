// SPDX-License-Identifier: BSD-2-Clause
// All addresses, divided into parts that have numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "policy/analysis/bit_diagram.h"
#include "policy/analysis/region.h"

namespace postern::policy::analysis {

struct Partition {
  std::vector<BitDiagrams::Piece> pieces;  // in order and without gaps, unless `scattered`
  std::optional<BitDiagrams::Node> scattered;

  std::uint32_t At(const Regions& regions, const IpAddress& address) const;
};

// The common refinement; `combine` must depend on its arguments alone.
Partition Overlay(Regions& regions, const Partition& a, const Partition& b,
                  const BitDiagrams::Combine& combine);

// The numbers that occur in `within`, each with its lowest address, in the order of these.
std::vector<std::pair<std::uint32_t, IpAddress>> NumbersIn(Regions& regions,
                                                           const Partition& partition,
                                                           const Region& within);

// The addresses whose number `wanted` accepts.
Region Where(Regions& regions, const Partition& partition,
             const std::function<bool(std::uint32_t)>& wanted);

}  // namespace postern::policy::analysis
