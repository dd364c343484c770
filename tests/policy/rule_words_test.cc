// SPDX-License-Identifier: BSD-2-Clause
// Words that cannot mean what they were written for, where each finding points, and the words
// beside them that can.
#include "policy/check/rule_words.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "policy/check/rule_options.h"
#include "policy/hosts/hosts_parser.h"
#include "tests/testlib/fake_system.h"

namespace postern::policy::check {
namespace {

Diagnostics Find(const std::string& text, hosts::Which which = hosts::Which::kAllow) {
  FakeSystem system;
  system.not_executable["/no/such"] = "no such file";
  system.directories["/etc/banners"] = {};
  const auto no_file = [](const std::string& path) {
    return std::make_shared<const hosts::PatternFile>(hosts::PatternFile{path, "", {}});
  };
  const hosts::Table table = hosts::ParseTable(which, "t", text + "\n", no_file);
  return FindWords(table, DaemonNames({"a", "mine"}), system);
}

TEST_CASE("each word that means nothing has its code, its column and, where it is sure, its fix") {
  const struct {
    const char* text;
    const char* code;
    std::uint32_t column;
    const char* fix;
  } kRows[] = {
      {"/usr/sbin/sshd: b", "impossible-daemon", 1, "sshd"},
      {"a KNOWN: b", "impossible-daemon", 3, ""},
      {"PARANOID: b", "impossible-daemon", 1, ""},
      {"@net: b", "impossible-daemon", 1, ""},
      {"ssh: b", "unused-daemon", 1, ""},
      {"a: 192.168.1", "impossible-address", 4, "192.168.1."},
      {"a: 192.168.1.300", "impossible-address", 4, ""},
      {"a: 192.168.001.1", "impossible-address", 4, ""},
      {"a: 300.1.", "impossible-address", 4, ""},
      {"a: u@192.168.1", "impossible-address", 6, "192.168.1."},
      {"a: 192.168.1.1.", "impossible-address", 4, "192.168.1.1"},
      {"a: b EXCEPT 10.0.0.x", "impossible-address", 13, nullptr},
      {"a: 10.0.0.1-20", "impossible-address", 4, nullptr},
      {"a: .1.2", "suffix-of-address", 4, ""},
      {"a: !b", "impossible-name", 4, nullptr},
      {"a: b..c", "impossible-name", 4, nullptr},
      {"a: LOKAL", "misspelt-wildcard", 4, "LOCAL"},
      {"a: www.example.org.", "name-ends-in-dot", 4, "www.example.org"},
      {"a: b: user nosuch", "unknown-user", 12, ""},
      {"a: b: user root.nosuch", "unknown-group", 17, ""},
      {"a: b: group nosuch", "unknown-group", 13, ""},
      {"a: b: spawn (/no/such -x) &", "missing-command", 14, ""},
      {"a: b: twist /no/such", "missing-command", 13, ""},
      {"a: b: banners /none", "missing-banners", 15, ""},
      {"a: b: keepalive: deny", "option-without-effect", 7, ""},
  };
  for (const auto& row : kRows) {
    INFO(row.text);
    const Diagnostics found = Find(row.text);
    REQUIRE(found.size() == 1);
    CHECK(found[0].code == row.code);
    CHECK(found[0].where == SourceLocation{"t", 1, row.column});
    CHECK(found[0].source_line == row.text);
    if (row.fix != nullptr) CHECK(found[0].fix == row.fix);
  }
}

TEST_CASE("words that mean something are left alone") {
  for (const char* text :
       {"sshd, in.ftpd, MINE, a: b", "ALL EXCEPT vsftpd: b", "22: b", "x*: b", "in.: b",
        "a: 192.168.1. 192.168.1.1 10. 10.0.0.0/8 10.0.0.*", "a: [::1] [2001:db8::]/32",
        "a: .example.org host host_1.example.org UNKNOWN paranoid Local @group /file", "a: HOST",
        "a: 1.2.example.org", "a: b.", "a: *.2", "a: b # x..y !z",
        "a: b: user root.adm: umask 022: spawn /bin/echo %h", "a: b: spawn echo: keepalive",
        "a: b: banners /etc/banners", "a: b: spawn /no/%d"}) {
    INFO(text);
    for (const Diagnostic& finding : Find(text)) FAIL_CHECK(Render(finding));
  }
}

TEST_CASE("a rule of hosts.deny refuses, so nothing is set for its clients") {
  CHECK(Find("a: b: nice 5").empty());
  CHECK(Find("a: b: nice 5", hosts::Which::kDeny).at(0).code == "option-without-effect");
  CHECK(Find("a: b: nice 5: allow", hosts::Which::kDeny).empty());
}

TEST_CASE("an unknown daemon is told once") {
  CHECK(Find("xyzd: b\nxyzd: c\nXYZD: d").size() == 1);
  CHECK(Find("xyzd: b\nxyze: c").size() == 2);
}

TEST_CASE("a rule of several lines is pointed at by its first") {
  const Diagnostics found = Find("a: b \\\n 192.168.1");
  REQUIRE(found.size() == 1);
  CHECK(found[0].where == SourceLocation{"t", 1, 1});
}

TEST_CASE("there is an end to findings") {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "a: 1.2\n";
  const Diagnostics found = Find(text);
  CHECK(found.size() == 1001);
  CHECK(found.back().code == "too-many-findings");
}

TEST_CASE("the system is asked about each file once, and about a bounded number of them") {
  FakeSystem system;
  for (std::size_t i = 0; i < OptionFiles::kMaxFiles; ++i) {
    system.directories["/b" + std::to_string(i)] = {};
  }
  OptionFiles files(system);
  for (std::size_t i = 0; i < OptionFiles::kMaxFiles; ++i) {
    CHECK(files.WhyNotListed("/b" + std::to_string(i)) == "");
  }
  CHECK_FALSE(files.exhausted());
  CHECK(files.WhyNotListed("/b1") == "");
  CHECK_FALSE(files.exhausted());
  CHECK(files.WhyNotListed("/none") == "");
  CHECK(files.WhyNotExecutable("/no/such") == "");
  CHECK(files.exhausted());

  std::string rules;
  for (std::size_t i = 0; i <= OptionFiles::kMaxFiles + 5; ++i) {
    rules += "a: b: spawn /bin/p" + std::to_string(i) + "\n";
  }
  const Diagnostics found = Find(rules);
  REQUIRE(found.size() == 1);
  CHECK(found[0].code == "analysis-incomplete");
  CHECK(found[0].where.line == OptionFiles::kMaxFiles + 1);
}

TEST_CASE("behind the last finding that is kept, nothing is looked at") {
  std::string rules;
  for (int i = 0; i < 200'000; ++i) rules += "daemon" + std::to_string(i) + ": b\n";
  const auto start = std::chrono::steady_clock::now();
  CHECK(Find(rules).size() == 1001);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(8));
}

}  // namespace
}  // namespace postern::policy::check
