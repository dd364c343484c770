// SPDX-License-Identifier: BSD-2-Clause
#include "policy/service/conf_lexer.h"

#include <catch2/catch.hpp>

namespace postern::policy {

TEST_CASE("words are separated by blanks and tabs and know their columns") {
  const LexedFile file = LexConfFile("f", "\tport \t= 80\n");
  REQUIRE(file.lines.size() == 1);
  const ConfLine& line = file.lines[0];
  REQUIRE(line.words.size() == 3);
  CHECK(line.words[0].text == "port");
  CHECK(line.words[0].column == 2);
  CHECK(line.words[2].column == 10);
  CHECK(line.place.where == SourceLocation{"f", 1, 2});
}

TEST_CASE("comments and blank lines are left out, and quotes mean nothing") {
  const LexedFile file = LexConfFile("f", "# a\n\n  \t# b\n\"b c\"\n");
  REQUIRE(file.lines.size() == 1);
  CHECK(file.lines[0].place.where.line == 4);
  CHECK(file.lines[0].words[0].text == "\"b");
}

TEST_CASE("CRLF, a UTF-8 mark and a missing last newline change nothing") {
  const LexedFile file = LexConfFile("f",
                                     "\xef\xbb\xbf"
                                     "defaults\r\n{\r\n}");
  REQUIRE(file.lines.size() == 3);
  CHECK(file.lines[0].words[0].text == "defaults");
  CHECK(file.lines[0].place.where.column == 1);
  CHECK(file.lines[2].words[0].text == "}");
}

TEST_CASE("a NUL byte anywhere makes a file binary, and its place is named") {
  const LexedFile file = LexConfFile("f", std::string_view("service a\n{\n x\0\n}\n", 18));
  CHECK(file.lines.empty());
  REQUIRE(file.diagnostics.size() == 1);
  CHECK(file.diagnostics[0].code == "binary-file");
  CHECK(file.diagnostics[0].where == SourceLocation{"f", 3, 3});
}

TEST_CASE("a control character is trouble for its line") {
  const LexedFile file = LexConfFile("f", "a = b\n c\x1b = d\n");
  REQUIRE(file.lines.size() == 2);
  CHECK(file.lines[0].trouble.empty());
  CHECK_FALSE(file.lines[1].trouble.empty());
  CHECK(file.lines[1].place.where.column == 3);
}

TEST_CASE("a line longer than xinetd reads is trouble, not a cut line") {
  const LexedFile fits = LexConfFile("f", std::string(kMaxLineBytes, 'a'));
  REQUIRE(fits.lines.size() == 1);
  CHECK(fits.lines[0].trouble.empty());
  const LexedFile blanks = LexConfFile("f", std::string(kMaxLineBytes, ' ') + "a");
  REQUIRE(blanks.lines.size() == 1);
  CHECK_FALSE(blanks.lines[0].trouble.empty());
}

}  // namespace postern::policy
