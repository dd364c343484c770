// SPDX-License-Identifier: BSD-2-Clause
// IpAddress: what is an address, what is not, and how it prints.
#include "policy/address/ip_address.h"

#include <catch2/catch.hpp>
#include <random>

namespace postern::policy {
namespace {

std::string Printed(std::string_view text) {
  const auto address = IpAddress::Parse(text);
  return address ? address->ToString() : "none";
}

TEST_CASE("a dotted quad is an IPv4 address and prints as it was written") {
  for (const char* text : {"0.0.0.0", "127.0.0.1", "255.255.255.255", "10.20.30.40"}) {
    CAPTURE(text);
    CHECK(Printed(text) == text);
    CHECK(IpAddress::Parse(text)->is_v4());
  }
  CHECK(IpAddress::Parse("1.2.3.4")->v4() == 0x01020304);
}

TEST_CASE("what inet_aton would accept besides four decimal octets is not an address") {
  for (const char* text : {"",
                           "1",
                           "127.1",
                           "1.2.3",
                           "1.2.3.4.5",
                           "256.0.0.1",
                           "1.2.3.256",
                           "01.2.3.4",
                           "1.2.3.04",
                           "0x7f.0.0.1",
                           "1.2.3.",
                           ".1.2.3",
                           "1..2.3",
                           "1.2.3.4 ",
                           " 1.2.3.4",
                           "+1.2.3.4",
                           "-1.2.3.4",
                           "1.2.3.4/8",
                           "99999999999.1.1.1",
                           "1,2,3,4"}) {
    CAPTURE(text);
    CHECK_FALSE(IpAddress::Parse(text));
  }
}

TEST_CASE("IPv6 addresses print in the form of RFC 5952") {
  const std::pair<const char*, const char*> kCases[] = {
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"2001:DB8::1", "2001:db8::1"},
      {"2001:0db8:0000:0000:0000:0000:0002:0001", "2001:db8::2:1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},  // 4.2.2: one group stays
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},     // 4.2.3: the first of equals
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},           // 4.2.3: the longest
      {"0:0:1:0:0:0:0:0", "0:0:1::"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
      {"fe80::1234:5678:9abc:def0", "fe80::1234:5678:9abc:def0"},
  };
  for (const auto& [text, printed] : kCases) {
    CAPTURE(text);
    CHECK(Printed(text) == printed);
  }
}

TEST_CASE("texts that only look like IPv6 are refused") {
  for (const char* text : {":",
                           ":::",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "1::2::3",
                           ":1::2",
                           "1::2:",
                           "12345::",
                           "g::",
                           "::1%lo",
                           "[::1]",
                           "::1/64",
                           "1:2:3:4:5:6:7:8::",
                           "::1:2:3:4:5:6:7:8",
                           "::1.2.3",
                           "1.2.3.4::",
                           "::1.2.3.4:5",
                           "::256.1.1.1",
                           "1:2:3:4:5:6:7:1.2.3.4",
                           "::01.2.3.4"}) {
    CAPTURE(text);
    CHECK_FALSE(IpAddress::Parse(text));
  }
}

TEST_CASE("the mapped form is the IPv4 address, however it is written") {
  const auto plain = *IpAddress::Parse("10.1.2.3");
  for (const char* text : {"::ffff:10.1.2.3", "::FFFF:a01:203", "0:0:0:0:0:ffff:0a01:0203"}) {
    CAPTURE(text);
    CHECK(*IpAddress::Parse(text) == plain);
  }
  CHECK(IpAddress::FromV6(plain.bytes()) == plain);
  CHECK(IpAddress::FromV4(0x0a010203) == plain);
  CHECK_FALSE(IpAddress::Parse("::fffe:10.1.2.3")->is_v4());
  CHECK_FALSE(IpAddress::Parse("::10.1.2.3")->is_v4());
}

TEST_CASE("an IPv6 source is its /64, an IPv4 one its address") {
  const auto source = [](const char* text) { return IpAddress::Parse(text)->Source().ToString(); };
  CHECK(source("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::");
  CHECK(source("2001:db8:1:2::") == "2001:db8:1:2::");
  CHECK(source("2001:db8:1:3:3:4:5:6") == "2001:db8:1:3::");
  CHECK(source("192.0.2.7") == "192.0.2.7");
  CHECK(source("::ffff:192.0.2.7") == "192.0.2.7");
}

TEST_CASE("every address is read back from what it prints") {
  std::mt19937_64 random(20001);
  for (int i = 0; i < 50000; ++i) {
    IpAddress::Bytes16 bytes{};
    for (auto& byte : bytes) byte = random() % 3 == 0 ? static_cast<std::uint8_t>(random()) : 0;
    const IpAddress address = i % 4 == 0 ? IpAddress::FromV4(static_cast<std::uint32_t>(random()))
                                         : IpAddress::FromV6(bytes);
    const auto again = IpAddress::Parse(address.ToString());
    REQUIRE(again);
    REQUIRE(*again == address);
  }
}

}  // namespace
}  // namespace postern::policy
