// SPDX-License-Identifier: BSD-2-Clause
#include "policy/base/text.h"

#include <catch2/catch.hpp>

namespace postern::policy {

TEST_CASE("case is folded for ASCII letters alone") {
  CHECK(ToLower("AbZ@[\xc4") == "abz@[\xc4");
  CHECK(EqualsIgnoreCase("SERVICE", "service"));
  CHECK_FALSE(EqualsIgnoreCase("service", "services"));
}

TEST_CASE("a text is trimmed of the six blanks of the C locale, at its ends alone") {
  CHECK(Trimmed(" \t\n\v\f\ra b\r\f\v\n\t ") == "a b");
  CHECK(Trimmed("a") == "a");
  CHECK(Trimmed("").empty());
  CHECK(Trimmed(" \v ").empty());
  CHECK(Trimmed("\xa0x\x1f") == "\xa0x\x1f");
}

TEST_CASE("an unsigned number is digits alone and fits") {
  CHECK(ParseUnsigned("0", 10) == 0U);
  CHECK(ParseUnsigned("10", 10) == 10U);
  for (const char* bad :
       {"", "+1", "-1", " 1", "1 ", "0x50", "11", "1e1", "99999999999999999999"}) {
    INFO(bad);
    CHECK_FALSE(ParseUnsigned(bad, 10).has_value());
  }
}

TEST_CASE("a signed number may have one sign") {
  CHECK(ParseSigned("-20", -20, 19) == -20);
  CHECK(ParseSigned("+5", -20, 19) == 5);
  for (const char* bad : {"", "-", "+-5", "-21", "20", "5x"}) {
    INFO(bad);
    CHECK_FALSE(ParseSigned(bad, -20, 19).has_value());
  }
}

TEST_CASE("printable is ASCII without control characters") {
  CHECK(IsPrintable(""));
  CHECK(IsPrintable(" !~"));
  for (const char byte : {'\0', '\n', '\x1f', '\x7f', '\x80', '\xff'}) {
    CAPTURE(static_cast<int>(byte));
    CHECK_FALSE(IsPrintable(std::string("a") + byte));
  }
}

TEST_CASE("any bytes have two digits each") {
  CHECK(HexText({"\0\x0a\xff", 3}) == "000aff");
  CHECK(HexText("").empty());
}

TEST_CASE("a base name is what follows the last slash") {
  CHECK(Basename("/usr/sbin/exim") == "exim");
  CHECK(Basename("exim") == "exim");
  CHECK(Basename("/") == "");
}

TEST_CASE("a variable's name ends at the first equals sign") {
  CHECK(VariableName("A=B=C") == "A");
  CHECK(VariableName("A") == "A");
}

}  // namespace postern::policy
