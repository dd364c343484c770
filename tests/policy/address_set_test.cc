// SPDX-License-Identifier: BSD-2-Clause
#include "policy/analysis/address_set.h"

#include <bitset>
#include <catch2/catch.hpp>
#include <random>

namespace postern::policy::analysis {
namespace {

Number128 N(const char* text) { return Number128::Of(IpAddress::Parse(text).value()); }

AddressSet Range(const char* first, const char* last) {
  return AddressSet(AddressRange{N(first), N(last)});
}

// The algebra on 300 addresses around the upper end of IPv4, where the families meet.
constexpr std::uint64_t kBase = 0xffffffffff80;
using Bits = std::bitset<300>;

AddressSet FromBits(const Bits& bits) {
  std::vector<AddressRange> ranges;
  for (std::size_t i = bits.size(); i > 0; --i) {
    if (!bits[i - 1]) continue;
    const Number128 number{kBase + i - 1 < kBase ? 1u : 0u, kBase + i - 1};
    ranges.push_back({number, number});
  }
  return AddressSet(ranges);
}

Bits ToBits(const AddressSet& set) {
  Bits bits;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    bits[i] = set.Contains(Number128{0, kBase + i}.ToAddress());
  }
  return bits;
}

TEST_CASE("the algebra of ranges is the algebra of their members") {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    Bits a, b;
    for (std::size_t i = 0; i < a.size(); ++i) {
      a[i] = random() % 8 < 5 && i % 16 < 11;
      b[i] = random() % 4 < 3;
    }
    const AddressSet x = FromBits(a), y = FromBits(b);
    REQUIRE(ToBits(x) == a);
    CHECK(ToBits(x.Union(y)) == (a | b));
    CHECK(ToBits(x.Intersect(y)) == (a & b));
    CHECK(ToBits(x.Minus(y)) == (a & ~b));
    CHECK(ToBits(x.Complement()) == ~a);
    CHECK(x.Complement().Complement() == x);
    CHECK(x.Union(y) == y.Union(x));
    CHECK(x.Minus(y).Intersect(y).empty());
    CHECK(x.Union(y).Complement() == x.Complement().Intersect(y.Complement()));
  }
}

TEST_CASE("both families together are everything and have nothing in common") {
  CHECK(AddressSet::Ipv4().Union(AddressSet::Ipv6()) == AddressSet::All());
  CHECK(AddressSet::Ipv4().Intersect(AddressSet::Ipv6()).empty());
  CHECK(AddressSet::All().Complement().empty());
  CHECK(AddressSet().Complement() == AddressSet::All());
  CHECK_FALSE(AddressSet::Ipv6().Contains(IpAddress::FromV4(0)));
  CHECK(AddressSet::Ipv6().Contains(IpAddress::Parse("::1").value()));
}

TEST_CASE("ranges that touch become one, ranges that do not stay apart") {
  CHECK(Range("10.0.0.0", "10.0.0.9").Union(Range("10.0.0.10", "10.0.0.20")).ranges().size() == 1);
  CHECK(Range("10.0.0.0", "10.0.0.9").Union(Range("10.0.0.11", "10.0.0.20")).ranges().size() == 2);
}

TEST_CASE("a set is written with the fewest words, each in its family") {
  using Words = std::vector<std::string>;
  CHECK(AddressSet::All().ToWords() == Words{"0.0.0.0/0", "::/0"});
  CHECK(AddressSet::Ipv6().ToWords() == Words{"::/0"});
  CHECK(AddressSet().ToWords().empty());
  CHECK(Range("192.0.2.0", "192.0.2.255").ToWords() == Words{"192.0.2.0/24"});
  CHECK(Range("192.0.2.7", "192.0.2.7").ToWords() == Words{"192.0.2.7"});
  CHECK(Range("192.0.2.3", "192.0.2.9").ToWords() == Words{"192.0.2.3-192.0.2.9"});
  CHECK(Range("2001:db8::", "2001:db8::ffff").ToWords() == Words{"2001:db8::/112"});
  CHECK(AddressSet::Ipv6().Minus(Range("::", "::")).ToWords() ==
        Words{"::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"});
}

}  // namespace
}  // namespace postern::policy::analysis
