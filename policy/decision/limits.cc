// SPDX-License-Identifier: BSD-2-Clause
// Counting the arrivals and the running servers of one service.
#include "policy/decision/limits.h"

#include <algorithm>

namespace postern::policy {

ServiceLimits::Arrival ServiceLimits::Arrive(const ServiceSpec& spec,
                                             const std::optional<IpAddress>& source, Instant now) {
  if (spec.cps_per_source) {
    if (!source_rates_.Arrive(source, *spec.cps_per_source, now)) return Arrival::kOverSourceRate;
  } else if (source_rates_.size() > 0) {
    source_rates_.Clear();  // a reload has taken the limit away
  }
  return WithinRate(spec.cps, now) ? Arrival::kWithin : Arrival::kOverRate;
}

bool ServiceLimits::WithinRate(const ConnectionRate& cps, Instant now) {
  if (cps.rate == 0) return true;
  const Instant period = std::chrono::seconds(std::max(cps.period, 1u));
  if (window_count_ == 0 || now - window_start_ >= period) {
    window_start_ = now;
    window_count_ = 0;
  }
  ++window_count_;
  if (window_count_ <= cps.rate) return true;
  window_count_ = 0;
  return false;
}

std::uint64_t ServiceLimits::running_from(const std::optional<IpAddress>& source) const {
  const auto found = running_by_source_.find(source);
  return found == running_by_source_.end() ? 0 : found->second;
}

void ServiceLimits::Started(const std::optional<IpAddress>& source) {
  ++running_;
  ++running_by_source_[source];
}

void ServiceLimits::Finished(const std::optional<IpAddress>& source) {
  const auto found = running_by_source_.find(source);
  // A count below zero would wrap around to "far too many"; an unmatched call changes nothing.
  if (found == running_by_source_.end()) return;
  --running_;
  if (--found->second == 0) running_by_source_.erase(found);
}

}  // namespace postern::policy
