// SPDX-License-Identifier: BSD-2-Clause
// cps_per_source of one service: how many arrivals each source has made in its current window.
//
// A window starts with an arrival and has a fixed length; refused arrivals do not prolong it. What
// is one source, IpAddress::Source() says.
//
// Memory is bounded by kMaxSources. When it is full, a newcomer takes the place of the oldest
// source that is still within its rate, and only when all are over it that of the oldest of those.
// So no flood from elsewhere clears a source that is being refused, and to forget one that is about
// to be refused an attacker needs kMaxSources other sources inside one window, every window. A
// known source costs no allocation, whatever the answer; a new one costs two while there is room.
// Every arrival costs O(log kMaxSources): the map is ordered, so that no choice of addresses can
// slow it down.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>

#include "policy/address/ip_address.h"
#include "policy/decision/facts.h"
#include "policy/service/service_spec.h"

namespace postern::policy {

class SourceRates {
 public:
  static constexpr std::size_t kMaxSources = 65536;

  SourceRates() = default;
  SourceRates(SourceRates&&) noexcept = default;  // iterators into the lists survive a move
  SourceRates& operator=(SourceRates&&) noexcept = default;
  SourceRates(const SourceRates&) = delete;
  SourceRates& operator=(const SourceRates&) = delete;

  // Counts one arrival; true while the source is within the rate. Sources whose address is not
  // known count as one source.
  bool Arrive(const std::optional<IpAddress>& source, const SourceRate& rate, Instant now);

  void Clear();
  std::size_t size() const { return sources_.size(); }

 private:
  using Key = std::optional<IpAddress>;
  using Queue = std::list<Key>;  // oldest first

  struct Source {
    Instant start{};
    std::uint32_t count = 0;
    bool over = false;
    Queue::iterator place;  // in over_ when `over`, else in within_
  };
  using Sources = std::map<Key, Source>;

  Sources::iterator Insert(const Key& key);
  void DropExpired(Queue& queue, Instant oldest_start);

  Sources sources_;
  Queue within_, over_;
};

}  // namespace postern::policy
