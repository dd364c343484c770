// SPDX-License-Identifier: BSD-2-Clause
// Whether every address of a range is answered as expected: exact, by sets, not by trying some.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "policy/analysis/verdict_map.h"
#include "wrapper/cli/coverage.h"
#include "wrapper/cli/decide.h"
#include "wrapper/cli/expectations.h"

namespace postern::cli {

class RangeChecker {
 public:
  // `decider` must outlive this.
  explicit RangeChecker(const Decider& decider) : decider_(decider) {}

  // An address of the range that is answered otherwise; nullopt: there is none. Marks in `coverage`
  // every rule that an address of the range reaches. The error: it cannot be told exactly.
  std::expected<std::optional<policy::IpAddress>, std::string> FindCounterexample(
      const Question& question, const AddressRange& range, bool allow, Coverage& coverage);

 private:
  // Who may go on, of those who came.
  using Region = policy::analysis::Region;
  Region Pass(const policy::analysis::VerdictMap& map, const Region& came, Coverage& coverage);
  Region PassHosts(const Question& question, const policy::ServiceSpec* spec, Region came,
                   Coverage& coverage);

  const Decider& decider_;
  policy::analysis::Regions regions_;
  policy::analysis::Consequences deeds_;
  // Made for the first range: it prepares every rule.
  std::optional<policy::analysis::HostsMapper> mapper_;
};

}  // namespace postern::cli
