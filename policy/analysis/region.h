// SPDX-License-Identifier: BSD-2-Clause
// A set of addresses in the cheaper of two forms: ranges, or a diagram when it is scattered.
//
// Nearly every pattern of nearly every policy is a few ranges, and ranges are sorted and merged
// fast. Suffixes, globs and masks with holes ("ends in .50") may be millions of ranges; then, and
// only then, the set is a node of the diagrams it was made with.
#pragma once

#include <optional>

#include "policy/analysis/address_set.h"
#include "policy/analysis/bit_diagram.h"

namespace postern::policy::analysis {

struct Region {
  AddressSet ranges;  // unless `scattered`
  std::optional<BitDiagrams::Node> scattered;

  friend auto operator<=>(const Region&, const Region&) = default;
  bool empty() const { return scattered ? *scattered == BitDiagrams::kEmpty : ranges.empty(); }
};

class Regions {
 public:
  Regions() = default;

  Region Make(BitDiagrams::Node node) const;  // ranges when they are few
  BitDiagrams::Node NodeOf(const Region& region);
  Region Union(const Region& a, const Region& b);
  Region Intersect(const Region& a, const Region& b);
  Region Minus(const Region& a, const Region& b);
  std::optional<IpAddress> Sample(const Region& region) const;

  BitDiagrams& diagrams() { return diagrams_; }
  const BitDiagrams& diagrams() const { return diagrams_; }

 private:
  BitDiagrams diagrams_;
};

}  // namespace postern::policy::analysis
