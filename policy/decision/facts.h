// SPDX-License-Identifier: BSD-2-Clause
// Everything a decision may depend on, gathered by the caller. Evaluation reads no clock and asks
// no one.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "policy/address/ip_address.h"
#include "policy/decision/access_times.h"

namespace postern::policy {

// A point on a clock that never goes back (CLOCK_MONOTONIC or CLOCK_BOOTTIME).
using Instant = std::chrono::milliseconds;

struct Facts {
  std::optional<IpAddress> peer;  // nullopt: unknown, and every address rule refuses it
  Instant now{};
  MinuteOfDay local_time;
  double load = 0;                           // one-minute load average
  std::uint64_t total_running = 0;           // servers of all services
  std::optional<std::uint64_t> total_limit;  // -limit
};

}  // namespace postern::policy
