// SPDX-License-Identifier: BSD-2-Clause
// The addresses caught by SENSOR services, refused by every service until they expire.
//
// Source: xinetd.conf(5), deny_time. Keyed by canonical address, so that one host is one entry
// whichever family it comes by. Bounded: when full, the newcomer is not stored and Add() says so.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>

#include "policy/address/ip_address.h"
#include "policy/decision/facts.h"

namespace postern::policy {

class DenyList {
 public:
  static constexpr std::size_t kMaxEntries = 10240;  // as xinetd

  enum class Added : std::uint8_t { kNew, kExtended, kFull };

  // `duration` zero means for ever. A repeated hit extends the entry, never shortens it.
  Added Add(const IpAddress& address, Instant now, std::chrono::minutes duration);
  bool Contains(const IpAddress& address, Instant now) const;
  // Drops what has expired; returns how many entries went.
  std::size_t Expire(Instant now);
  std::size_t size() const { return until_.size(); }

 private:
  std::map<IpAddress, std::optional<Instant>> until_;  // nullopt: for ever
};

}  // namespace postern::policy
