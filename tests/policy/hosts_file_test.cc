// SPDX-License-Identifier: BSD-2-Clause
#include "policy/names/hosts_file.h"

#include <catch2/catch.hpp>

namespace postern::policy {
namespace {

const IpAddress kFirst = *IpAddress::Parse("192.0.2.1"), kSecond = *IpAddress::Parse("192.0.2.2");

TEST_CASE("an address has the first name of its first line") {
  const auto file = HostsFile::Parse(
      "# 192.0.2.1 commented\n"
      "192.0.2.1\tFirst.test  alias  # other\r\n"
      "192.0.2.1 second.test\n"
      "2001:db8::1 six.test");
  REQUIRE(file.NameOf(kFirst) != nullptr);
  CHECK(*file.NameOf(kFirst) == "First.test");
  CHECK(*file.NameOf(*IpAddress::Parse("2001:db8::1")) == "six.test");
  CHECK(file.NameOf(kSecond) == nullptr);
}

TEST_CASE("a name has the addresses of all its lines, of the family that was asked for") {
  const auto file = HostsFile::Parse(
      "192.0.2.1 a.test\n192.0.2.2 b.test A.TEST\n2001:db8::1 a.test\n192.0.2.3 c.test\n");
  const auto found = file.AddressesOf("a.Test", /*v4=*/true);
  REQUIRE(found);
  CHECK(found->canonical_name == "a.test");
  CHECK(found->addresses == std::vector{kFirst, kSecond});
  CHECK(file.AddressesOf("a.test", false)->addresses.size() == 1);
  CHECK_FALSE(file.AddressesOf("c.test", false));
  CHECK_FALSE(file.AddressesOf("d.test", true));
}

TEST_CASE("lines that are none are left out") {
  const auto file = HostsFile::Parse("192.0.2.1\n192.0.2 a.test\nfe80::1%lo b.test\n\0x\n\n   \n");
  CHECK(file.NameOf(kFirst) == nullptr);
  CHECK_FALSE(file.AddressesOf("a.test", true));
  CHECK_FALSE(file.AddressesOf("b.test", false));
}

}  // namespace
}  // namespace postern::policy
