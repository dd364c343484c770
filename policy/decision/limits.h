// SPDX-License-Identifier: BSD-2-Clause
// How many and how fast: instances, per_source, cps and cps_per_source of one service.
//
// A state machine fed with Instants; it outlives a reload, so counts stay true when the
// configuration changes under running sessions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "policy/address/ip_address.h"
#include "policy/decision/facts.h"
#include "policy/decision/source_rates.h"
#include "policy/service/service_spec.h"

namespace postern::policy {

class ServiceLimits {
 public:
  enum class Arrival : std::uint8_t { kWithin, kOverSourceRate, kOverRate };

  // Counts one arriving connection or datagram. cps looks at windows of one period that start with
  // an arrival; the arrival that exceeds the rate answers kOverRate and ends the window.
  // cps_per_source counts an IPv6 source by its /64. An arrival refused by cps_per_source does not
  // count towards cps, so one client cannot close a service for the others. Costs O(log n) with n
  // bounded, see source_rates.h; without cps_per_source it neither allocates nor searches.
  Arrival Arrive(const ServiceSpec& spec, const std::optional<IpAddress>& source, Instant now);

  std::uint64_t running() const { return running_; }
  // Sources whose address is not known (wait services, unix sockets) count as one source.
  std::uint64_t running_from(const std::optional<IpAddress>& source) const;

  void Started(const std::optional<IpAddress>& source);
  // Of a server that Started() was called for, with the same source.
  void Finished(const std::optional<IpAddress>& source);

 private:
  bool WithinRate(const ConnectionRate& cps, Instant now);

  std::uint64_t running_ = 0;
  std::map<std::optional<IpAddress>, std::uint64_t> running_by_source_;  // no zero counts
  Instant window_start_{};
  std::uint32_t window_count_ = 0;  // 0: no window is open
  SourceRates source_rates_;
};

}  // namespace postern::policy
