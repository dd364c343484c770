// SPDX-License-Identifier: BSD-2-Clause
#include "policy/base/diagnostic.h"

#include <catch2/catch.hpp>

namespace postern::policy {

TEST_CASE("a diagnostic shows its place, its line with a caret, and the fix") {
  const Diagnostic diagnostic{Severity::kError, "unknown-attribute",
                              {"x.conf", 3, 2}, "unknown attribute \"foo\"",
                              "a\nb",           "\tfoo = 1"};
  CHECK(Render(diagnostic) ==
        "x.conf:3:2: error: unknown attribute \"foo\" [unknown-attribute]\n"
        "   foo = 1\n"
        "   ^\n"
        "  fix: a\n"
        "       b\n");
  CHECK(RenderOneLine(diagnostic) ==
        "x.conf:3:2: error: unknown attribute \"foo\" [unknown-attribute]");
}

TEST_CASE("a place without a line names the file alone") {
  const Diagnostic diagnostic{Severity::kWarning, "w", {"x.conf", 0, 0}, "m", "", ""};
  CHECK(Render(diagnostic) == "x.conf: warning: m [w]\n");
}

TEST_CASE("text from a file cannot forge a line or reach the terminal") {
  const Diagnostic diagnostic{Severity::kNote,           "c", {"a\nb", 1, 3},
                              "bad \"\x1b[2J\r\n\x9b\"", "",  "x \x1b[31m"};
  const std::string text = Render(diagnostic);
  CHECK(text ==
        "a\\x0ab:1:3: note: bad \"\\x1b[2J\\x0d\\x0a\\x9b\" [c]\n"
        "  x \\x1b[31m\n"
        "    ^\n");
  CHECK(RenderOneLine(diagnostic).find('\n') == std::string::npos);
}

TEST_CASE("the caret of an escaped line stands under its byte") {
  const Diagnostic diagnostic{Severity::kError, "c", {"f", 1, 3}, "m", "", "\x01 y"};
  CHECK(Render(diagnostic) == "f:1:3: error: m [c]\n  \\x01 y\n       ^\n");
}

TEST_CASE("of a long line only the neighbourhood of the column is shown") {
  const Diagnostic diagnostic{Severity::kError,       "c", {"f", 1, 5001}, "m", "",
                              std::string(10000, 'a')};
  CHECK(Render(diagnostic).size() < 500);
  CHECK(Render(diagnostic).find("...") != std::string::npos);
}

TEST_CASE("a column behind the end of the line is no trouble") {
  const Diagnostic diagnostic{Severity::kError, "c", {"f", 1, 99}, "m", "", "ab"};
  CHECK(Render(diagnostic) == "f:1:99: error: m [c]\n  ab\n    ^\n");
}

TEST_CASE("warnings alone are no errors") {
  const Diagnostic warning{Severity::kWarning, "c", {}, "m", "", ""};
  const Diagnostic error{Severity::kError, "c", {}, "m", "", ""};
  CHECK_FALSE(HasErrors({}));
  CHECK_FALSE(HasErrors({warning}));
  CHECK(HasErrors({warning, error}));
}

}  // namespace postern::policy
