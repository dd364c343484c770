// SPDX-License-Identifier: BSD-2-Clause
// Ranges of earlier rules, against an array that says of each address who had it first.
#include "policy/check/address_cover.h"

#include <array>
#include <catch2/catch.hpp>
#include <random>

namespace postern::policy::check {
namespace {

using analysis::AddressRange;
using analysis::Number128;

Number128 At(std::uint64_t low) { return {0, low}; }

TEST_CASE("an address belongs to the first rule that held it") {
  constexpr std::uint64_t kSpace = 64;
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    AddressCover cover;
    std::array<int, kSpace> owner;
    owner.fill(-1);
    for (std::uint32_t rule = 0; rule < 12; ++rule) {
      const std::uint64_t first = random() % kSpace, last = first + random() % (kSpace - first);
      cover.Add({At(first), At(last)}, rule);
      for (std::uint64_t i = first; i <= last; ++i) {
        if (owner[i] < 0) owner[i] = static_cast<int>(rule);
      }
      for (std::uint64_t i = 0; i < kSpace; ++i) {
        const auto end = cover.CoveredUntil(At(i));
        REQUIRE(end.has_value() == (owner[i] >= 0));
        if (!end) continue;
        REQUIRE(cover.OwnerOf(At(i)).rule == static_cast<std::uint32_t>(owner[i]));
        const bool whole = end->low + 1 >= kSpace || owner[end->low + 1] < 0;
        REQUIRE(whole);
      }
    }
  }
}

TEST_CASE("the ends of the line are addresses like others") {
  AddressCover cover;
  cover.Add({Number128::Max(), Number128::Max()}, 1);
  cover.Add({{}, Number128::Max()}, 2);
  CHECK(cover.OwnerOf(Number128::Max()).rule == 1);
  CHECK(cover.OwnerOf({}).rule == 2);
  CHECK(cover.CoveredUntil({}) == Number128::Max());
}

}  // namespace
}  // namespace postern::policy::check
