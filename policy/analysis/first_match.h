// SPDX-License-Identifier: BSD-2-Clause
// Regions in the order of their precedence, to the partition of all addresses by the first of them.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "policy/analysis/partition.h"
#include "policy/analysis/region.h"

namespace postern::policy::analysis {

class FirstMatch {
 public:
  explicit FirstMatch(Regions& regions) : regions_(regions) {}

  // Numbers must ascend.
  void Add(const Region& region, std::uint32_t number);
  // `rest`: the number of what no region holds; greater than all others.
  Partition Take(std::uint32_t rest);

 private:
  BitDiagrams::Node Scattered(std::uint32_t rest);

  Regions& regions_;
  std::vector<BitDiagrams::Piece> ranges_;
  std::vector<std::pair<BitDiagrams::Node, std::uint32_t>> scattered_;
};

}  // namespace postern::policy::analysis
