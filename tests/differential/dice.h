// SPDX-License-Identifier: BSD-2-Clause
// Random choices that a seed repeats with any standard library, which those of <random> do not
// promise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace postern::differential {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t Any() { return engine_(); }
  std::size_t Below(std::size_t bound) { return static_cast<std::size_t>(engine_() % bound); }
  bool OneIn(std::size_t count) { return Below(count) == 0; }

  template <typename List>
  const auto& Pick(const List& list) {
    return list[Below(list.size())];
  }
  std::string Of(const std::vector<const char*>& list) { return Pick(list); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace postern::differential
