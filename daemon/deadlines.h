// SPDX-License-Identifier: BSD-2-Clause
// When each of many things, by its number, is to be looked at again.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

namespace postern::daemon {

class Deadlines {
 public:
  using Instant = std::chrono::milliseconds;

  void Set(std::uint64_t number, std::optional<Instant> when);  // nullopt: never
  // One that is due; it stays so until it is set again.
  std::optional<std::uint64_t> Due(Instant now) const;
  std::optional<Instant> first() const;
  bool contains(std::uint64_t number) const { return of_.contains(number); }

 private:
  std::unordered_map<std::uint64_t, Instant> of_;
  std::set<std::pair<Instant, std::uint64_t>> order_;
};

// How long to wait for `when`, and at most `longest`, which is for ever when it is negative.
std::chrono::milliseconds WaitFor(std::optional<Deadlines::Instant> when,
                                  std::chrono::milliseconds longest);

}  // namespace postern::daemon
