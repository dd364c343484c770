// SPDX-License-Identifier: BSD-2-Clause
// Which refusals of one service get a record of their own, within a minute.
//
// For arrivals that come again as long as somebody likes, at no cost to him: datagrams, whose
// source may be forged, and a client that waits on a unix socket, which cannot be turned away. A
// source has one record, and only so many sources have one; the rest is counted, and the count is
// told at the window's end. Pure: the caller has the clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "policy/address/ip_address.h"

namespace postern::daemon {

class RefusalWindow {
 public:
  static constexpr std::size_t kMaxRecords = 16;

  // Counts the refusal; true when it gets a record. Clients without an address are one source.
  bool Note(const std::optional<policy::IpAddress>& source);
  std::uint64_t unrecorded() const { return unrecorded_; }

 private:
  std::vector<std::optional<policy::IpAddress>> recorded_;
  std::uint64_t unrecorded_ = 0;
};

}  // namespace postern::daemon
