// SPDX-License-Identifier: BSD-2-Clause
// The wall clock and the load, as facts for admission. Each is read at most once a second, and only
// when a service asks.
#pragma once

#include "policy/decision/facts.h"

namespace postern::daemon {

class Clocks {
 public:
  policy::MinuteOfDay LocalTime(policy::Instant now);
  // The one-minute load average; a huge value when it cannot be read, so that max_load refuses.
  double Load(policy::Instant now);

 private:
  policy::Instant time_read_{-1000000};
  policy::MinuteOfDay local_time_;
  policy::Instant load_read_{-1000000};
  double load_ = 0;
};

}  // namespace postern::daemon
