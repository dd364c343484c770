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
                                 "7777777777777777777777777"};
  for (const std::string& text : numbers) {
    INFO(text);
    CHECK(ScanInt(text) == LibcInt(text));
    CHECK(ScanOctal(text) == LibcOctal(text));
  }
}

TEST_CASE("what is not all number is none") {
  for (const char* text : {"", "+", "-", "x", "5x", "5 ", "0x10", "1.5", "--1", "+-1"}) {
    INFO(text);
    CHECK_FALSE(ScanInt(text).has_value());
    CHECK_FALSE(ScanOctal(text).has_value());
  }
  CHECK_FALSE(ScanOctal("8").has_value());
  CHECK(ScanInt("8") == 8);
}

}  // namespace
}  // namespace postern::policy::hosts
