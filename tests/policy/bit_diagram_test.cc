// SPDX-License-Identifier: BSD-2-Clause
#include "policy/analysis/bit_diagram.h"

#include <catch2/catch.hpp>
#include <random>

namespace postern::policy::analysis {
namespace {

AddressSet RandomSet(std::mt19937& random) {
  std::vector<AddressRange> ranges;
  for (int i = 0; i < 6; ++i) {
    const std::uint64_t first = 0xffff00000000 + random() % 4000;
    ranges.push_back({{0, first}, {0, first + random() % 100}});
  }
  return AddressSet(ranges);
}

TEST_CASE("diagrams and ranges agree on every operation") {
  std::mt19937 random(11);
  BitDiagrams diagrams;
  for (int round = 0; round < 100; ++round) {
    const AddressSet a = RandomSet(random), b = RandomSet(random);
    const auto x = diagrams.FromSet(a), y = diagrams.FromSet(b);
    CHECK(diagrams.ToRanges(x, 100) == a);
    CHECK(diagrams.ToRanges(diagrams.Union(x, y), 100) == a.Union(b));
    CHECK(diagrams.ToRanges(diagrams.Intersect(x, y), 100) == a.Intersect(b));
    CHECK(diagrams.ToRanges(diagrams.Minus(x, y), 100) == a.Minus(b));
    // Equal sets are one node.
    CHECK(diagrams.Minus(x, diagrams.Minus(x, y)) == diagrams.Intersect(x, y));
  }
  CHECK_FALSE(diagrams.exhausted());
}

TEST_CASE("numbers are found where they were put, and nowhere else") {
  BitDiagrams diagrams;
  const auto at = [](std::uint64_t low) { return Number128{0, low}.ToAddress(); };
  const auto node = diagrams.FromPieces({{{{0, 10}, {0, 19}}, 7}, {{{0, 20}, {0, 20}}, 8}}, 3);
  CHECK(diagrams.At(node, at(9)) == 3);
  CHECK(diagrams.At(node, at(10)) == 7);
  CHECK(diagrams.At(node, at(19)) == 7);
  CHECK(diagrams.At(node, at(20)) == 8);
  CHECK(diagrams.At(node, at(21)) == 3);
  CHECK(diagrams.Find(node, [](std::uint32_t n) { return n == 8; }) == at(20));
  CHECK(diagrams.Find(node, [](std::uint32_t n) { return n == 7; }) == at(10));
  CHECK_FALSE(diagrams.Find(node, [](std::uint32_t n) { return n == 9; }));
}

TEST_CASE("a set of too many ranges is not listed") {
  BitDiagrams diagrams;
  const auto odd = diagrams.Branch(127, BitDiagrams::kEmpty, BitDiagrams::kAll);
  CHECK_FALSE(diagrams.ToRanges(odd, 1000));
  CHECK(diagrams.At(odd, IpAddress::FromV4(5)) == 1);
  CHECK(diagrams.At(odd, IpAddress::FromV4(4)) == 0);
}

TEST_CASE("a pool that is full says so") {
  BitDiagrams diagrams(20);
  CHECK_FALSE(diagrams.exhausted());
  diagrams.FromSet(AddressSet(AddressRange{{0, 1}, {0, 1}}));
  CHECK(diagrams.exhausted());
}

TEST_CASE("a pool that has done its work says so") {
  BitDiagrams diagrams(BitDiagrams::kNodeLimit, 1000);
  const BitDiagrams::Node first = diagrams.FromSet(AddressSet::Ipv4());
  CHECK_FALSE(diagrams.exhausted());
  for (int i = 0; i < 1000 && !diagrams.exhausted(); ++i) diagrams.ToRanges(first, 10);
  CHECK(diagrams.exhausted());
  CHECK_FALSE(diagrams.ToRanges(first, 10));
  CHECK(diagrams.Minus(BitDiagrams::kAll, first) == BitDiagrams::kEmpty);
}

}  // namespace
}  // namespace postern::policy::analysis
