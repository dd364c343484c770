// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/random.h"

#include <catch2/catch.hpp>
#include <set>

namespace postern::sandbox::sys {
namespace {

TEST_CASE("Random numbers differ, and use all of their bits") {
  std::set<std::uint64_t> numbers;
  std::uint64_t ones = 0, zeros = 0;
  for (int i = 0; i < 100; ++i) {
    const auto number = RandomNumber();
    REQUIRE(number);
    numbers.insert(*number);
    ones |= *number;
    zeros |= ~*number;
  }
  CHECK(numbers.size() == 100);
  CHECK(ones == ~std::uint64_t{0});
  CHECK(zeros == ~std::uint64_t{0});
}

}  // namespace
}  // namespace postern::sandbox::sys
