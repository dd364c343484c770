// SPDX-License-Identifier: BSD-2-Clause
// Each finding of a line, where it points, and lines that have none.
#include "policy/hosts/hosts_findings.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "policy/hosts/hosts_parser.h"

namespace postern::policy::hosts {
namespace {

using namespace std::string_literals;

Diagnostics FindingsOf(std::string_view content, Which which = Which::kAllow) {
  return ParseTable(which, "t", content,
                    [](const std::string& path) {
                      return std::make_shared<const PatternFile>(
                          PatternFile{path, path == "/missing" ? "no such file" : "", {}});
                    })
      .diagnostics;
}

TEST_CASE("every kind of mistake has its code, its place and, where it is sure, its fix") {
  const struct {
    std::string content;
    const char* code;
    std::uint32_t line, column;
    const char* fix;  // null: not looked at
  } kRows[] = {
      {"a: b\nc: d", "missing-newline", 2, 1, "end the line with a newline"},
      {std::string(2100, 'x') + "\n", "line-too-long", 1, 1, nullptr},
      {"a\0b: c\nd: e\n"s, "nul-byte", 1, 1, ""},
      {"\xef\xbb\xbf"s + "a: b\n", "byte-order-mark", 1, 1, nullptr},
      {"a: b\r\nc: d\r\n", "carriage-return", 1, 5, nullptr},
      {"a: b \\ \n c: d\n", "blank-behind-backslash", 1, 6, nullptr},
      {"a: b\n \t# c: d\n", "indented-comment", 2, 3, nullptr},
      {"a: b # office\n", "trailing-comment", 1, 6, nullptr},
      {"\n  a b\n", "missing-colon", 2, 3, ""},
      {"a[: b\n", "unbalanced-brackets", 1, 2, ""},
      {"a: [::1\n", "unbalanced-brackets", 1, 4, ""},
      {": b\n", "empty-daemon-list", 1, 1, ""},
      {"a: ,\n", "empty-client-list", 1, 3, ""},
      {"EXCEPT a: b\n", "nothing-before-except", 1, 1, ""},
      {"a: b EXCEPT\n", "nothing-behind-except", 1, 3, ""},
      {"a: 2001:db8::1\n", "unbracketed-ipv6", 1, 4, "[2001:db8::1]"},
      {"a: ::1\n", "unbracketed-ipv6", 1, 4, "[::1]"},
      {"a: x,2001:db8::/32 y\n", "unbracketed-ipv6", 1, 6, "[2001:db8::]/32"},
      {"a: 192.0.2.7/24\n", "host-bits-set", 1, 4, "192.0.2.0/24"},
      {"a: x EXCEPT 10.1.0.0/255.0.0.0\n", "host-bits-set", 1, 13, "10.0.0.0/255.0.0.0"},
      {"a: 0.0.0.0/0\n", "zero-length-net", 1, 4, "0.0.0.0/0.0.0.0"},
      {"a: 10.0.0.0/33\n", "malformed-net", 1, 4, ""},
      {"a: 10.0/16\n", "malformed-net", 1, 4, ""},
      {"a: [zz]\n", "malformed-ipv6", 1, 4, ""},
      {"a: [2001:db8::]/junk\n", "malformed-ipv6-length", 1, 4, nullptr},
      {"a: 10.0.0.0/8x\n", "loose-length", 1, 4, "10.0.0.0/8"},
      {"a: [2001:db8::]/32x\n", "loose-length", 1, 4, "[2001:db8::]/32"},
      {"a: 10.0.0.1/255.0.0.255\n", "scattered-mask", 1, 4, ""},
      {"a: [::ffff:10.0.0.1]\n", "mapped-pattern", 1, 4, "10.0.0.1"},
      {"a: [::ffff:10.0.0.0]/104\n", "mapped-pattern", 1, 4, ""},
      {"a: b@/missing\n", "pattern-file", 1, 4, ""},
      {"a@/missing: b\n", "pattern-file", 1, 1, ""},
      {"a: b: nonsense\n", "bad-option-name", 1, 7, nullptr},
      {"a: \\\n  10.1.0.0/8\n", "host-bits-set", 2, 3, "10.0.0.0/8"},
  };
  for (const auto& row : kRows) {
    CAPTURE(row.content.substr(0, 60), row.code);
    const Diagnostics findings = FindingsOf(row.content);
    for (const Diagnostic& finding : findings) UNSCOPED_INFO(Render(finding));
    const auto found = std::ranges::find(findings, row.code, &Diagnostic::code);
    REQUIRE(found != findings.end());
    CHECK(found->where == SourceLocation{"t", row.line, row.column});
    if (row.fix) CHECK(found->fix == row.fix);
    CHECK(findings.size() == 1);
  }
}

TEST_CASE("good lines have no finding") {
  for (const char* line :
       {"# a comment", "", "ALL: ALL", "ftpd, sshd: .example.org, 10. EXCEPT 10.1.",
        "a: 10.0.0.0/8", "a: 0.0.0.0/0.0.0.0", "a: [2001:db8::]/32 [::1]", "a: [fe80::%lo]/10",
        "22: carol@10.1.2.3", "a: /list: deny", "a: ALL: spawn /bin/echo %h: allow",
        "a: @group, LOCAL", "a@192.0.2.1: ALL: severity local0.info", "a: b: setenv T 10\\:30",
        "a: cafe: deny", "a: [::]/0"}) {
    CAPTURE(line);
    const Diagnostics findings = FindingsOf(std::string(line) + "\n");
    for (const Diagnostic& finding : findings) UNSCOPED_INFO(Render(finding));
    CHECK(findings.empty());
  }
}

TEST_CASE("what a broken end means depends on the table") {
  CHECK(FindingsOf("a: b", Which::kAllow).front().message.contains("lost"));
  CHECK(FindingsOf("a: b", Which::kDeny).front().message.contains("refused"));
}

TEST_CASE("a table of mistakes has a bounded number of findings") {
  std::string content;
  for (std::size_t i = 0; i < kMaxHostsFindings + 50; ++i) content += "x\n";
  const Diagnostics findings = FindingsOf(content);
  CHECK(findings.size() == kMaxHostsFindings + 1);
  CHECK(findings.back().code == "too-many-findings");
}

TEST_CASE("an address whose network interface is not there is told by that") {
  const Table table = ParseTable(
      Which::kDeny, "t", "a: [fe80::1%eth0] [fe80::%eth0]/10 [fe80::%lo]/10\n",
      [](const std::string&) { return std::make_shared<const PatternFile>(); },
      [](const std::string& name) {
        return name == "lo" ? Presence::kPresent : Presence::kAbsent;
      });
  REQUIRE(table.diagnostics.size() == 2);
  const std::string why = "there is no network interface eth0, so this never matches";
  CHECK(table.diagnostics[0].code == "malformed-ipv6");
  CHECK(table.diagnostics[0].message == why);
  CHECK(table.diagnostics[1].code == "malformed-net");
  CHECK(table.diagnostics[1].message == why);
}

TEST_CASE("findings keep no more of a long line than they need") {
  std::string line;
  for (int i = 0; i < 900; ++i) line += "[ ";
  const Diagnostics found = FindingsOf("a: b\na: " + line + std::string(1 << 20, '\0') + "\n\n");
  CHECK(found.size() > 900);
  for (const Diagnostic& finding : found) {
    CHECK(finding.source_line.size() <= kMaxSourceLine);
  }
}

}  // namespace
}  // namespace postern::policy::hosts
