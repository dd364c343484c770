// SPDX-License-Identifier: BSD-2-Clause
// The C library's readings of addresses, good and bad.
#include "policy/hosts/libc_numbers.h"

#include <catch2/catch.hpp>

namespace postern::policy::hosts {
namespace {

TEST_CASE("a dotted quad has four runs, each in C's decimal, octal or hexadecimal") {
  CHECK(ParseDottedQuad("192.0.2.50") == 0xc0000232u);
  CHECK(ParseDottedQuad("0300.0.2.062") == 0xc0000232u);
  CHECK(ParseDottedQuad("0xc0.0.0x2.0X32") == 0xc0000232u);
  CHECK(ParseDottedQuad("192.0.2.50 junk") == 0xc0000232u);
  CHECK(ParseDottedQuad("0.0.0.0") == 0u);
  // Four runs, of which inet_addr(3) sees three.
  CHECK(ParseDottedQuad("1.2.3 .4") == 0x01020003u);
}

TEST_CASE("what is no dotted quad") {
  for (const char* text : {"", "192.0.2", "192.0.2.50.", ".192.0.2.50", "192.0..2.50",
                           "192.0.2.256", "192.0.2.08", "192.0.2.x", "192.0.2.50x", " 192.0.2.50",
                           "255.255.255.255", "0x.0.0.1", "1.2.3.4.5", "a.b.c.d"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseDottedQuad(text));
  }
}

TEST_CASE("a numeric IPv6 address may carry a zone, by number or, if link-local, by name") {
  const auto plain = ParseNumericIpv6("fe80::1");
  REQUIRE(plain);
  CHECK(ParseNumericIpv6("FE80:0::1%lo") == plain);
  CHECK(ParseNumericIpv6("fe80::1%7") == plain);
  CHECK(ParseNumericIpv6("2001:db8::1%7"));
  CHECK(ParseNumericIpv6("ff02::1%lo"));
  CHECK(ParseNumericIpv6("::ffff:192.0.2.1"));
  for (const char* text : {"", "fe80", "192.0.2.1", "[fe80::1]", "fe80::1%", "2001:db8::1%lo",
                           "ff05::1%lo", "2001:db8::1%99999999999", "fe80::1%averylongname0000",
                           "fe80::1::2", "fe80:::1", "1:2:3:4:5:6:7:8:9"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseNumericIpv6(text));
  }
}

TEST_CASE("an address tells which interface it needs") {
  CHECK(InterfaceIn("fe80::1%eth0") == "eth0");
  CHECK(InterfaceIn("ff02::1%lo") == "lo");
  for (const char* text : {"", "fe80::1", "fe80::1%2", "fe80::1%", "2001:db8::1%eth0", "a%b"}) {
    CAPTURE(text);
    CHECK(InterfaceIn(text).empty());
  }
}

}  // namespace
}  // namespace postern::policy::hosts
