// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/access/banner.h"

#include <catch2/catch.hpp>

namespace postern::wrapper {
namespace {

std::optional<std::string> AsIs(std::string_view text) { return std::string(text); }

std::string Render(std::string_view content) { return RenderBanner(content, AsIs).value(); }

TEST_CASE("lines end as network lines do") {
  CHECK(Render("one\ntwo\n") == "one\r\ntwo\r\n");
  CHECK(Render("").empty());
  CHECK(Render("\n") == "\r\n");
}

TEST_CASE("no line end is added, and none is changed behind unbalanced brackets") {
  CHECK(Render("one\nend") == "one\r\nend");
  CHECK(Render("line [x\nline x]\n[ok]\n][\n") == "line [x\nline x]\n[ok]\r\n][\r\n");
}

TEST_CASE("leading NULs are sent, a later one hides the rest of its line") {
  CHECK(Render(std::string_view("\0\0Hello\n", 8)) == std::string_view("\0\0Hello\r\n", 9));
  CHECK(Render(std::string_view("\0", 1)) == std::string_view("\0", 1));
  CHECK(Render(std::string_view("one\0two\nthree\n", 14)) == "onethree\r\n");
}

TEST_CASE("each line is expanded by itself, its network line end included") {
  std::vector<std::string> lines;
  const auto banner = RenderBanner("a\nb%", [&lines](std::string_view text) {
    lines.emplace_back(text);
    return std::optional<std::string>("<>");
  });
  CHECK(banner == "<><>");
  CHECK(lines == std::vector<std::string>{"a\r\n", "b%"});
}

TEST_CASE("a line that becomes too long ends it all") {
  const auto no = [](std::string_view) { return std::optional<std::string>(); };
  CHECK_FALSE(RenderBanner("a\n", no).has_value());
  CHECK(RenderBanner(std::string_view("\0", 1), no).has_value());
}

}  // namespace
}  // namespace postern::wrapper
