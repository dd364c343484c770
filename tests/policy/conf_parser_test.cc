// SPDX-License-Identifier: BSD-2-Clause
#include "policy/service/conf_parser.h"

#include <catch2/catch.hpp>

namespace postern::policy {
namespace {

const Block& BlockAt(const ParsedConf& parsed, std::size_t index) {
  return std::get<Block>(parsed.file.items.at(index));
}

std::string DamageOf(const Block& block) {
  std::string codes;
  for (const Diagnostic& damage : block.damage) codes += damage.code + " ";
  return codes;
}

}  // namespace

TEST_CASE("blocks, assignments and includes are read in order") {
  const ParsedConf parsed = ParseConf(
      "f",
      "DEFAULTS\n# c\n\n{\n a += 1 2\n}\ninclude /x\nincludedir /y # z\nservice n extra\n{\n}\n");
  CHECK(parsed.diagnostics.empty());
  CHECK_FALSE(parsed.defaults_lost);
  REQUIRE(parsed.file.items.size() == 4);
  const Assignment& assignment = BlockAt(parsed, 0).assignments.at(0);
  CHECK(assignment.op == Operator::kAdd);
  CHECK(assignment.values.size() == 2);
  CHECK(std::get<Include>(parsed.file.items[1]).path == "/x");
  CHECK(std::get<Include>(parsed.file.items[2]).directory);
  CHECK(BlockAt(parsed, 3).name == "n");
  CHECK(BlockAt(parsed, 3).damage.empty());
}

TEST_CASE("a blank is needed before the operator, not after it (cases 4, 5)") {
  const ParsedConf parsed =
      ParseConf("f", "service a\n{\nport=20001\n}\nservice b\n{\nport =20001\nx -=a b\n}\n");
  CHECK(DamageOf(BlockAt(parsed, 0)) == "missing-blank ");
  CHECK(BlockAt(parsed, 0).damage[0].fix == "port = 20001");
  CHECK(BlockAt(parsed, 1).damage.empty());
  const Assignment& port = BlockAt(parsed, 1).assignments.at(0);
  REQUIRE(port.values.size() == 1);
  CHECK(port.values[0].text == "20001");
  CHECK(port.values[0].column == 7);
  CHECK(BlockAt(parsed, 1).assignments.at(1).values.size() == 2);
}

TEST_CASE("a malformed line damages its block alone") {
  for (const char* line : {"port", "port : 1", "port == ", "= 1", "{", "a=b", "a+=b"}) {
    INFO(line);
    const ParsedConf parsed =
        ParseConf("f", "service a\n{\n" + std::string(line) + "\n}\nservice b\n{\n}\n");
    REQUIRE(parsed.file.items.size() == 2);
    CHECK(BlockAt(parsed, 0).damage.size() == (std::string(line) == "port == " ? 0U : 1U));
    CHECK(BlockAt(parsed, 1).damage.empty());
  }
}

TEST_CASE("a junk line at top level loses only itself (case 10)") {
  const ParsedConf parsed =
      ParseConf("f", "junk\ndefaults\n{\n}\nmore junk here\nservice a\n{\n}\n");
  CHECK(parsed.diagnostics.size() == 2);
  CHECK_FALSE(parsed.defaults_lost);
  REQUIRE(parsed.file.items.size() == 2);
  CHECK(BlockAt(parsed, 0).damage.empty());
  CHECK(BlockAt(parsed, 1).damage.empty());
}

TEST_CASE("a block without its brace ends where the next begins (case 11)") {
  for (const char* next : {"service b\n{\n}\n", "defaults\n{\n}\n", "include /x\n"}) {
    INFO(next);
    const ParsedConf parsed = ParseConf("f", "service a\n{\n x = 1\n" + std::string(next));
    REQUIRE(parsed.file.items.size() == 2);
    CHECK(DamageOf(BlockAt(parsed, 0)) == "missing-brace ");
    CHECK(parsed.diagnostics.empty());
  }
}

TEST_CASE("an attribute that is called like a keyword is no new block") {
  const ParsedConf parsed = ParseConf("f", "service a\n{\n service = x\n include += y\n}\n");
  REQUIRE(parsed.file.items.size() == 1);
  CHECK(BlockAt(parsed, 0).assignments.size() == 2);
}

TEST_CASE("a file that ends inside a block damages it") {
  CHECK(DamageOf(BlockAt(ParseConf("f", "service a\n{\n x = 1\n"), 0)) == "missing-brace ");
  CHECK(DamageOf(BlockAt(ParseConf("f", "service a\n"), 0)) == "missing-brace ");
  CHECK(DamageOf(BlockAt(ParseConf("f", "defaults"), 0)) == "missing-brace ");
}

TEST_CASE("braces must stand alone (case 9)") {
  CHECK(DamageOf(BlockAt(ParseConf("f", "service a {\n x = 1\n}\n"), 0)) == "brace-not-alone ");
  CHECK(DamageOf(BlockAt(ParseConf("f", "service a\n{ x = 1\n}\n"), 0)) == "brace-not-alone ");
  CHECK(DamageOf(BlockAt(ParseConf("f", "service a\n{\n} # end\n"), 0)) == "brace-not-alone ");
  CHECK(DamageOf(BlockAt(ParseConf("f", "service {\n}\n"), 0)) == "missing-name brace-not-alone ");
}

TEST_CASE("what stands behind an early brace damages the block before it") {
  const ParsedConf parsed = ParseConf("f", "service a\n{\n}\n no_access = 10.0.0.1\n}\n");
  CHECK(DamageOf(BlockAt(parsed, 0)) == "early-brace early-brace ");
}

TEST_CASE("what may have been defaults is not lost silently") {
  CHECK(ParseConf("f", "defualts\n{\n only_from = 10.0.0.1\n}\n").defaults_lost);
  CHECK(ParseConf("f", "{\n only_from = 10.0.0.1\n}\n").defaults_lost);
  CHECK(ParseConf("f", " only_from = 10.0.0.1\n").defaults_lost);
  CHECK(ParseConf("f", "includ /etc/x\n").defaults_lost);
  CHECK(ParseConf("f", "include\n").defaults_lost);
  CHECK(ParseConf("f", std::string_view("\0", 1)).defaults_lost);
  CHECK_FALSE(ParseConf("f", "sevrice a\n{\n}\n").defaults_lost);
}

TEST_CASE("a misspelt service keyword keeps the service, damaged") {
  const ParsedConf parsed = ParseConf("f", "sevrice a\n{\n}\n");
  CHECK(BlockAt(parsed, 0).name == "a");
  CHECK_FALSE(BlockAt(parsed, 0).damage.empty());
}

TEST_CASE("a second defaults section of one file is damaged (case 17)") {
  const ParsedConf parsed = ParseConf("f", "defaults\n{\n}\ndefaults\n{\n}\n");
  CHECK(BlockAt(parsed, 0).damage.empty());
  CHECK(DamageOf(BlockAt(parsed, 1)) == "second-defaults ");
}

TEST_CASE("a file of nothing but mistakes is given up, and says so") {
  std::string text;
  for (int i = 0; i < 100000; ++i) text += "x\n";
  const ParsedConf parsed = ParseConf("f", text);
  CHECK(parsed.diagnostics.size() == kMaxFindingsPerFile + 1);
  CHECK(parsed.diagnostics.back().code == "too-many-errors");
  CHECK(parsed.defaults_lost);

  std::string body = "service a\n{\n";
  const ParsedConf in_block = ParseConf("f", body + text);
  CHECK(BlockAt(in_block, 0).damage.size() <= kMaxFindingsPerFile + 1);
  CHECK(in_block.defaults_lost);
}

}  // namespace postern::policy
