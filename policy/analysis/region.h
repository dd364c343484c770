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
#include "policy/base/diagnostic.h"

namespace postern::policy::analysis {

struct Region {
  AddressSet ranges;  // unless `scattered`
  std::optional<BitDiagrams::Node> scattered;

  friend auto operator<=>(const Region&, const Region&) = default;
  bool empty() const { return scattered ? *scattered == BitDiagrams::kEmpty : ranges.empty(); }
};

class Regions {
 public:
  explicit Regions(std::size_t step_limit = BitDiagrams::kStepLimit)
      : diagrams_(BitDiagrams::kNodeLimit, step_limit) {}

  Region Make(BitDiagrams::Node node);  // ranges when they are few
  BitDiagrams::Node NodeOf(const Region& region);
  Region Union(const Region& a, const Region& b);
  Region Intersect(const Region& a, const Region& b);
  Region Minus(const Region& a, const Region& b);
  std::optional<IpAddress> Sample(const Region& region) const;

  // The rule that work is now done for, so that an error can name the one that was too much.
  void WorkOn(const SourceLocation& rule) {
    if (!diagrams_.exhausted()) rule_ = &rule;
  }
  const SourceLocation* rule() const { return rule_; }

  BitDiagrams& diagrams() { return diagrams_; }
  const BitDiagrams& diagrams() const { return diagrams_; }

 private:
  BitDiagrams diagrams_;
  const SourceLocation* rule_ = nullptr;
};

}  // namespace postern::policy::analysis
