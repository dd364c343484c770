// SPDX-License-Identifier: BSD-2-Clause
#include "policy/base/glob.h"

#include <catch2/catch.hpp>
#include <string>

namespace postern::policy {

TEST_CASE("a star stands for any bytes, a question mark for one, all else for itself") {
  static constexpr struct {
    const char *pattern, *text;
    bool matches;
  } kRows[] = {
      {"", "", true},       {"", "a", false},     {"a", "", false},       {"a", "a", true},
      {"a", "A", false},    {"a", "ab", false},   {"?", "a", true},       {"?", "", false},
      {"?", "ab", false},   {"*", "", true},      {"*", "abc", true},     {"a*", "a", true},
      {"a**", "a", true},   {"a*", "ba", false},  {"*c", "abcbc", true},  {"*c", "abcb", false},
      {"*b*", "abc", true}, {"*b*", "ac", false}, {"a*b*c", "abc", true}, {"a*b*c", "acb", false},
      {"*?*", "", false},   {"[ab]", "a", false}, {"\\*", "*", false},    {"*aab*", "aaaab", true},
  };
  for (const auto& row : kRows) {
    CAPTURE(row.pattern, row.text);
    CHECK(MatchesGlob(row.pattern, row.text) == row.matches);
  }
}

TEST_CASE("a null byte is a byte as others") {
  using namespace std::string_view_literals;
  CHECK(MatchesGlob("a*b"sv, "a\0b"sv));
  CHECK_FALSE(MatchesGlob("a"sv, "a\0"sv));
}

}  // namespace postern::policy
