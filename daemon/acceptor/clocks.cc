// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/clocks.h"

#include <cstdlib>
#include <ctime>
#include <limits>

namespace postern::daemon {

namespace {
constexpr std::chrono::seconds kStale(1);
}

policy::MinuteOfDay Clocks::LocalTime(policy::Instant now) {
  // A minute may begin within the second: the wall clock itself says when ours is over.
  const std::time_t wall = std::time(nullptr);
  if (now - time_read_ < kStale && wall % 60 != 0) return local_time_;
  std::tm parts{};
  ::localtime_r(&wall, &parts);
  local_time_.value = static_cast<std::uint16_t>(parts.tm_hour * 60 + parts.tm_min);
  time_read_ = now;
  return local_time_;
}

double Clocks::Load(policy::Instant now) {
  if (now - load_read_ < kStale) return load_;
  load_read_ = now;
  if (::getloadavg(&load_, 1) != 1) load_ = std::numeric_limits<double>::infinity();
  return load_;
}

}  // namespace postern::daemon
