// SPDX-License-Identifier: BSD-2-Clause
#include "policy/analysis/region.h"

namespace postern::policy::analysis {
namespace {

constexpr std::size_t kFewRanges = 512;

}  // namespace

Region Regions::Make(BitDiagrams::Node node) {
  if (std::optional<AddressSet> ranges = diagrams_.ToRanges(node, kFewRanges)) {
    return {*std::move(ranges), std::nullopt};
  }
  return {{}, node};
}

BitDiagrams::Node Regions::NodeOf(const Region& region) {
  return region.scattered ? *region.scattered : diagrams_.FromSet(region.ranges);
}

Region Regions::Union(const Region& a, const Region& b) {
  if (!a.scattered && !b.scattered) return {a.ranges.Union(b.ranges), std::nullopt};
  return Make(diagrams_.Union(NodeOf(a), NodeOf(b)));
}

Region Regions::Intersect(const Region& a, const Region& b) {
  if (!a.scattered && !b.scattered) return {a.ranges.Intersect(b.ranges), std::nullopt};
  return Make(diagrams_.Intersect(NodeOf(a), NodeOf(b)));
}

Region Regions::Minus(const Region& a, const Region& b) {
  if (!a.scattered && !b.scattered) return {a.ranges.Minus(b.ranges), std::nullopt};
  return Make(diagrams_.Minus(NodeOf(a), NodeOf(b)));
}

std::optional<IpAddress> Regions::Sample(const Region& region) const {
  if (region.scattered) {
    return diagrams_.Find(*region.scattered, [](std::uint32_t number) { return number != 0; });
  }
  if (region.ranges.empty()) return std::nullopt;
  return region.ranges.ranges().front().first.ToAddress();
}

}  // namespace postern::policy::analysis
