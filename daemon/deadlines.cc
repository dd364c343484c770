// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/deadlines.h"

#include <algorithm>

#include "sandbox/sys/events.h"

namespace postern::daemon {

void Deadlines::Set(std::uint64_t number, std::optional<Instant> when) {
  const auto found = of_.find(number);
  if (found != of_.end()) {
    if (when == found->second) return;
    order_.erase({found->second, number});
    if (!when) of_.erase(found);
  }
  if (!when) return;
  of_.insert_or_assign(number, *when);
  order_.emplace(*when, number);
}

std::optional<std::uint64_t> Deadlines::Due(Instant now) const {
  if (order_.empty() || order_.begin()->first > now) return std::nullopt;
  return order_.begin()->second;
}

std::optional<Deadlines::Instant> Deadlines::first() const {
  if (order_.empty()) return std::nullopt;
  return order_.begin()->first;
}

std::chrono::milliseconds WaitFor(std::optional<Deadlines::Instant> when,
                                  std::chrono::milliseconds longest) {
  if (!when) return longest;
  const auto left = std::max(*when - sandbox::sys::BootTime(), Deadlines::Instant(0));
  return longest.count() < 0 ? left : std::min(left, longest);
}

}  // namespace postern::daemon
