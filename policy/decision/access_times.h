// SPDX-License-Identifier: BSD-2-Clause
// access_times: the times of day at which a service may be used.
//
// Source: xinetd.conf(5), access_times. Both ends count to the whole minute: 8:00-17:00 still
// admits at 17:00:59. A range may cross midnight (23:00-01:00), and 24:00 may end one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/result.h"

namespace postern::policy {

// Minutes after midnight, local time, 0..1439. The caller reads the clock and the time zone.
struct MinuteOfDay {
  std::uint16_t value = 0;
  friend auto operator<=>(const MinuteOfDay&, const MinuteOfDay&) = default;
};

class AccessTimes {
 public:
  struct Range {
    MinuteOfDay first, last;  // inclusive; first > last crosses midnight
    friend bool operator==(const Range&, const Range&) = default;
  };

  // Each word is "H:MM-H:MM". An empty list is an error: it would admit nobody.
  static Result<AccessTimes> Parse(const std::vector<std::string_view>& words,
                                   const SourceLocation& where);

  bool Contains(MinuteOfDay now) const;
  const std::vector<Range>& ranges() const { return ranges_; }
  std::string ToString() const;

  friend bool operator==(const AccessTimes&, const AccessTimes&) = default;

 private:
  std::vector<Range> ranges_;
};

}  // namespace postern::policy
