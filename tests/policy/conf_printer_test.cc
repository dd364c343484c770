// SPDX-License-Identifier: BSD-2-Clause
#include "policy/service/conf_printer.h"

#include <catch2/catch.hpp>
#include <random>

#include "policy/service/conf_parser.h"

namespace postern::policy {

TEST_CASE("a document prints in its canonical form") {
  const ParsedConf parsed =
      ParseConf("f", "Service  a b\n {\n#c\n  x   =1\ty\n z +=\n }\nIncludeDir /d\nDEFAULTS\n{\n}");
  CHECK(PrintConf(parsed.file) ==
        "service a\n{\n\tx = 1 y\n\tz +=\n}\nincludedir /d\ndefaults\n{\n}\n");
}

TEST_CASE("a damaged block is not printed") {
  CHECK(PrintConf(ParseConf("f", "service a\n{\n port=1\n}\nservice b\n{\n}\n").file) ==
        "service b\n{\n}\n");
}

TEST_CASE("what is printed reads back as what was printed, whatever the input") {
  std::mt19937 random(20261123);  // NOLINT: the same texts in every run
  const std::vector<std::string> pieces = {
      "service", " ", " ",  "\n", "\n",      "{",  "}",    "defaults",    "=",     "+=",
      "-=",      "a", "b=", "#",  "include", "\t", "\r\n", "wait = no\n", "\n{\n", "\n}\n"};
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (int i = 0; i < 40; ++i) text += pieces[random() % pieces.size()];
    const std::string once = PrintConf(ParseConf("f", text).file);
    const ParsedConf again = ParseConf("f", once);
    INFO(text);
    REQUIRE(again.diagnostics.empty());
    for (const ConfItem& item : again.file.items) {
      const auto* const block = std::get_if<Block>(&item);
      const bool second_defaults =
          block != nullptr && !block->damage.empty() && block->damage[0].code == "second-defaults";
      REQUIRE((block == nullptr || block->damage.empty() || second_defaults));
    }
    REQUIRE(PrintConf(again.file) == once);
  }
}

}  // namespace postern::policy
