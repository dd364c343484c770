// SPDX-License-Identifier: BSD-2-Clause
// CidrBlock: lengths, cleared host bits, containment across the families.
#include "policy/address/cidr.h"

#include <catch2/catch.hpp>

namespace postern::policy {
namespace {

CidrBlock Block(std::string_view address, int length) {
  return *CidrBlock::Make(*IpAddress::Parse(address), length);
}

bool Holds(const CidrBlock& block, std::string_view address) {
  return block.Contains(*IpAddress::Parse(address));
}

TEST_CASE("a length outside the family's scale makes no block") {
  const auto v4 = *IpAddress::Parse("10.0.0.0");
  const auto v6 = *IpAddress::Parse("2001:db8::");
  CHECK_FALSE(CidrBlock::Make(v4, 33));
  CHECK_FALSE(CidrBlock::Make(v4, -1));
  CHECK_FALSE(CidrBlock::Make(v6, 129));
  CHECK_FALSE(CidrBlock::Make(v6, -1));
  CHECK(CidrBlock::Make(v4, 32));
  CHECK(CidrBlock::Make(v6, 128));
}

TEST_CASE("bits behind the prefix are cleared") {
  CHECK(Block("10.11.12.13", 8).ToString() == "10.0.0.0/8");
  CHECK(Block("10.11.12.13", 27).ToString() == "10.11.12.0/27");
  CHECK(Block("2001:db8:ffff::1", 33).ToString() == "2001:db8:8000::/33");
  CHECK(Block("10.11.12.13", 8) == Block("10.0.0.0", 8));
  CHECK_FALSE(Block("10.0.0.0", 8) == Block("10.0.0.0", 9));
}

TEST_CASE("a block holds its own addresses and no others") {
  CHECK(Holds(Block("127.0.0.0", 30), "127.0.0.3"));
  CHECK_FALSE(Holds(Block("127.0.0.0", 30), "127.0.0.4"));
  CHECK(Holds(Block("127.0.0.1", 32), "127.0.0.1"));
  CHECK_FALSE(Holds(Block("127.0.0.1", 32), "127.0.0.0"));
  CHECK(Holds(Block("::1", 127), "::1"));
  CHECK_FALSE(Holds(Block("::1", 128), "::"));
  CHECK(Holds(Block("0.0.0.0", 0), "255.255.255.255"));
}

TEST_CASE("IPv4 lives inside ::ffff:0:0/96 for containment") {
  CHECK(Holds(Block("::", 0), "10.0.0.1"));
  CHECK_FALSE(Holds(Block("0.0.0.0", 0), "::1"));
  CHECK(Holds(Block("0.0.0.0", 0), "::ffff:9.9.9.9"));
  CHECK(Block("10.0.0.0", 8).length128() == 104);
  CHECK(Block("2001:db8::", 32).length128() == 32);
}

}  // namespace
}  // namespace postern::policy
