// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hosts/scan_number.h"

#include <catch2/catch.hpp>
#include <cstdio>
#include <string>

namespace postern::policy::hosts {
namespace {

// The statement of what is reproduced: libc's own scanf.
std::optional<int> LibcInt(const std::string& text) {
  int value = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%d%c", &value, &rest) != 1) return std::nullopt;
  return value;
}

std::optional<std::uint32_t> LibcUnsigned(const std::string& text) {
  unsigned value = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%u%c", &value, &rest) != 1) return std::nullopt;
  return value;
}

std::optional<std::uint32_t> LibcOctal(const std::string& text) {
  unsigned value = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%o%c", &value, &rest) != 1) return std::nullopt;
  return value;
}

TEST_CASE("numbers read as scanf reads them, wrapping included") {
  const std::string numbers[] = {"0",
                                 "-0",
                                 "+5",
                                 "007",
                                 "\v2",
                                 " \f-7",
                                 "27",
                                 "777",
                                 "2147483647",
                                 "2147483648",
                                 "-2147483649",
                                 "4294967296",
                                 "9223372036854775807",
                                 "9223372036854775808",
                                 "-9223372036854775809",
                                 "99999999999999999999999",
                                 "-99999999999999999999999",
                                 "-37777777777",
                                 "1777777777777777777777",
                                 "-1777777777777777777777",
                                 "18446744073709551615",
                                 "-18446744073709551615",
                                 "-18446744073709551616",
                                 "7777777777777777777777777"};
  for (const std::string& text : numbers) {
    INFO(text);
    CHECK(ScanInt(text) == LibcInt(text));
    CHECK(ScanUnsigned(text) == LibcUnsigned(text));
    CHECK(ScanOctal(text) == LibcOctal(text));
    CHECK(LeadingInt(text + "8x") == LibcInt(text + "8"));
  }
}

TEST_CASE("what is not all number is none") {
  for (const char* text : {"", "+", "-", "x", "5x", "5 ", "0x10", "1.5", "--1", "+-1"}) {
    INFO(text);
    CHECK_FALSE(ScanInt(text).has_value());
    CHECK_FALSE(ScanUnsigned(text).has_value());
    CHECK_FALSE(ScanOctal(text).has_value());
  }
  CHECK_FALSE(ScanOctal("8").has_value());
  CHECK(ScanInt("8") == 8);
}

TEST_CASE("atoi takes the digits there are and wraps") {
  CHECK(LeadingInt("24") == 24);
  CHECK(LeadingInt("24junk") == 24);
  CHECK(LeadingInt("\v+08/9") == 8);
  CHECK(LeadingInt("-1") == -1);
  CHECK(LeadingInt("") == 0);
  CHECK(LeadingInt("junk") == 0);
  CHECK(LeadingInt("0x40") == 0);
  CHECK(LeadingInt("4294967320") == 24);
  CHECK(LeadingInt("18446744073709551640") == -1);
  CHECK(LeadingInt("-99999999999999999999") == 0);
}

TEST_CASE("a port number is read by scanf, modulo 2^32") {
  CHECK(ScanUnsigned("22") == 22u);
  CHECK(ScanUnsigned("+022") == 22u);
  CHECK(ScanUnsigned("\v22") == 22u);
  CHECK(ScanUnsigned("-22") == 4294967274u);
  CHECK(ScanUnsigned("4294967318") == 22u);
  CHECK(ScanUnsigned("9223372036854775830") == 22u);
  CHECK(ScanUnsigned("18446744073709551638") == 0xffffffffu);
  CHECK(ScanUnsigned("-99999999999999999999") == 0xffffffffu);
  for (const char* text : {"", "+", "-", "22x", "0x16", "22 ", "x22"}) {
    CAPTURE(text);
    CHECK_FALSE(ScanUnsigned(text));
  }
}

}  // namespace
}  // namespace postern::policy::hosts
