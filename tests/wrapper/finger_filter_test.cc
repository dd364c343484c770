// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/tcpd/finger_filter.h"

#include <catch2/catch.hpp>
#include <string>

namespace postern::wrapper {
namespace {

std::string Filtered(const std::string& text) { return FingerFilter().Filter(text); }

TEST_CASE("Lines begin with a blank, empty ones stay empty") {
  CHECK(Filtered("hello\n\nworld") == " hello\n\n world");
  CHECK(Filtered("").empty());
}

TEST_CASE("What a terminal would obey is shown in octal, white space is kept") {
  CHECK(Filtered("\x1b[2J") == " \\033[2J");
  CHECK(Filtered(std::string("\0\x7f\xff", 3)) == " \\000\\177\\377");
  CHECK(Filtered("a\tb\r\n") == " a\tb\r\n");
}

TEST_CASE("A backslash of the other side cannot pass for one of ours") {
  CHECK(Filtered("\\033") == " \\\\033");
}

TEST_CASE("A line of 128 columns, its blank included, is whole; a longer one is broken") {
  const std::string most(FingerFilter::kColumns - 1, 'a');
  CHECK(Filtered(most + "\n") == " " + most + "\n");
  CHECK(Filtered(most + "b\n") == " " + most + "\\\n b\n");
}

TEST_CASE("Where the bytes are cut into pieces makes no difference") {
  const std::string text = "one\\two\n\x01" + std::string(200, 'x') + "\nend";
  FingerFilter filter;
  std::string out;
  for (const char c : text) out += filter.Filter({&c, 1});
  CHECK(out == Filtered(text));
}

TEST_CASE("The last byte that is let through is followed by a word about the rest") {
  FingerFilter filter;
  const std::string most(FingerFilter::kMostInput, '\n');
  CHECK(filter.Filter(most) == most);
  CHECK(!filter.full());
  CHECK(filter.Filter("x") == "\n\n Input truncated to 100000 bytes...\n");
  CHECK(filter.full());
  CHECK(filter.Filter("y").empty());
}

}  // namespace
}  // namespace postern::wrapper
