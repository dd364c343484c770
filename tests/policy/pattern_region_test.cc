// SPDX-License-Identifier: BSD-2-Clause
// Patterns as sets of addresses against hosts::Matches() on the text of each address.
#include "policy/analysis/pattern_region.h"

#include <catch2/catch.hpp>
#include <random>

#include "policy/analysis/region_words.h"
#include "policy/hosts/pattern_match.h"

namespace postern::policy::analysis {
namespace {

const std::vector<IpAddress>& Addresses() {
  static const std::vector<IpAddress> addresses = [] {
    std::vector<IpAddress> all;
    std::mt19937 random(5);
    for (int i = 0; i < 3000; ++i) {
      all.push_back(IpAddress::FromV4(static_cast<std::uint32_t>(random())));
      IpAddress::Bytes16 bytes{};
      // Many zero groups, so that every shape of "::" occurs.
      for (std::size_t g = 0; g < 16; g += 2) {
        const auto kind = random() % 4;
        if (kind >= 2) bytes[g + 1] = static_cast<std::uint8_t>(random() % (kind == 2 ? 16 : 256));
        if (kind == 3) bytes[g] = static_cast<std::uint8_t>(random() % 256);
      }
      all.push_back(IpAddress::FromV6(bytes));
    }
    for (unsigned low = 0; low < 1024; ++low) all.push_back(IpAddress::FromV4(0xc0000200 + low));
    for (const char* text : {"::", "::1", "1::", "0.0.0.0", "255.255.255.255", "1:0:0:2::"}) {
      all.push_back(IpAddress::Parse(text).value());
    }
    return all;
  }();
  return addresses;
}

bool Holds(Regions& regions, const Region& region, const IpAddress& address) {
  return regions.diagrams().At(regions.NodeOf(region), address) != 0;
}

TEST_CASE("a text pattern is the set of the addresses whose text it matches") {
  Regions regions;
  for (const char* token : {"ALL",
                            "192.0.2.",
                            "192.",
                            "10.1.2.3.",
                            "192.0.2.5",
                            "192.0.2.05",
                            "1.2.3.4.5.",
                            ".50",
                            ".2.50",
                            "..5",
                            ".0",
                            "*",
                            "?*",
                            "*?",
                            "**",
                            "192.*",
                            "*.5?",
                            "192.0.2.1??",
                            "1*1",
                            "*1*2*",
                            "?.?.?.?",
                            "*.*.*.*",
                            "10*",
                            "x*",
                            "*:*",
                            "*::*",
                            "::*",
                            "*::",
                            "?::?",
                            "*:0:*",
                            "*a",
                            "f*",
                            "1:*:2",
                            "????:*",
                            "[2001:db8::1]",
                            "[::]",
                            "[::ffff:192.0.2.5]",
                            "2001:db8::1",
                            "::1",
                            "unknown",
                            "lab.test",
                            "*f??"}) {
    const hosts::TextPattern pattern = hosts::ParseTextPattern(token);
    const Region region = AddressesOf(regions, pattern);
    std::size_t wrong = 0, matched = 0;
    const auto node = regions.NodeOf(region);
    for (const IpAddress& address : Addresses()) {
      const bool matches = hosts::Matches(pattern, address.ToString());
      matched += matches ? 1 : 0;
      if (matches != (regions.diagrams().At(node, address) != 0) && ++wrong == 1) {
        UNSCOPED_INFO("first: " << address.ToString());
      }
    }
    INFO(token << " matched " << matched);
    CHECK(wrong == 0);
  }
  CHECK_FALSE(regions.diagrams().exhausted());
}

TEST_CASE("masks may have holes, and the broadcast address is in no network") {
  Regions regions;
  const hosts::Ipv4Net odd{.network = 0xc0000205, .mask = 0xffffff0f};
  CHECK(Holds(regions, AddressesOf(regions, odd), IpAddress::FromV4(0xc0000215)));
  CHECK_FALSE(Holds(regions, AddressesOf(regions, odd), IpAddress::FromV4(0xc0000216)));
  const hosts::Ipv4Net all{.network = 0, .mask = 0};
  CHECK(Holds(regions, AddressesOf(regions, all), IpAddress::FromV4(0)));
  CHECK_FALSE(Holds(regions, AddressesOf(regions, all), IpAddress::FromV4(0xffffffff)));
  CHECK(AddressesOf(regions, hosts::Ipv4Net{.network = 1, .mask = 0xffffff00}).empty());
}

TEST_CASE("no IPv4 address is in an IPv6 network") {
  const hosts::Ipv6Net all{};
  CHECK(AddressesOf(all) == AddressSet::Ipv6());
}

TEST_CASE("a scattered region is written octet by octet") {
  Regions regions;
  const auto words = [&](const char* token) {
    return WordsOf(regions, AddressesOf(regions, hosts::ParseTextPattern(token)), 20).words;
  };
  using Words = std::vector<std::string>;
  CHECK(words(".50") == Words{"*.*.*.50"});
  CHECK(words("10.*.5") == Words{"10.*.*.5"});
  CHECK(words("10.*.?.1?") == Words{"10.*.0-9.10-19"});
  CHECK(words("192.0.2.") == Words{"192.0.2.0/24"});
  CHECK(words("lab.test").empty());
}

TEST_CASE("the IPv4 addresses of a glob are those of it that are IPv4") {
  Regions regions;
  const Region v4{AddressSet::Ipv4(), std::nullopt};
  for (const char* token :
       {"10.*", "*", "**", "1*", "*5?", "*.example.org", "*:*", "?", "2??.*.1"}) {
    INFO(token);
    const hosts::TextPattern glob = hosts::ParseTextPattern(token);
    CHECK(Ipv4AddressesOfGlob(regions, glob) == regions.Intersect(AddressesOf(regions, glob), v4));
  }
}

TEST_CASE("a glob that is too much work ends, and the pool says so") {
  for (const char* token :
       {"*a??????????????????????", "*1*2*3*4*5*6?*7?*8", "*?*?*?*?*?*?*?*?f*?*?*?"}) {
    INFO(token);
    Regions regions(100'000);
    AddressesOf(regions, hosts::ParseTextPattern(token));
    CHECK(regions.diagrams().exhausted());
  }
}

}  // namespace
}  // namespace postern::policy::analysis
