// SPDX-License-Identifier: BSD-2-Clause
// Rules that never decide: each kind with a neighbour that does, and, for random policies, that
// taking away a rule that was told changes nothing for anybody.
#include "policy/check/shadowing.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <set>
#include <string>

#include "policy/analysis/policy_diff.h"
#include "tests/testlib/hosts_scenario.h"
#include "tests/testlib/random_hosts.h"

namespace postern::policy::check {
namespace {

Diagnostics Find(const std::string& allow, const std::string& deny = "") {
  return FindShadowed(*testlib::CompileHosts({{"allow", allow}, {"deny", deny}}), {});
}

// "code@line" of each, in order; those of the second table with a "d".
std::string Told(const std::string& allow, const std::string& deny = "") {
  std::string told;
  for (const Diagnostic& finding : Find(allow, deny)) {
    told += (told.empty() ? "" : " ") + finding.code + "@" +
            (finding.where.file == "deny" ? "d" : "") + std::to_string(finding.where.line);
  }
  return told;
}

TEST_CASE("a rule that others hold never decides") {
  const struct {
    const char *first, *held, *left;  // the same rule behind `first`, and one that is left
  } kRows[] = {
      {"a: 10.0.0.0/8", "a: 10.1.2.3", "a: 11.1.2.3"},
      {"a: 10.0.0.0/255.0.0.0", "a: 10.1. 10.2.0.0/16", "a: 10.1. 11."},
      {"a: 10.", "a: 10.0.0.0/8", "a: 10.0.0.0/7"},
      {"a: 10.*", "a: 10.1.2.3", "a: 10.*.2"},
      {"a: [2001:db8::]/32", "a: [2001:db8::1]", "a: [2001:db9::1]"},
      {"a: .example.org", "a: host.example.org .lab.example.org", "a: example.org"},
      {"a: .example.org", "a: x.EXAMPLE.org", "a: x.example.org."},
      {"a: host", "a: u@host", "a: host2"},
      {"a: u@host", "a: U@HOST", "a: host"},
      {"a: @group", "a: @group", "a: @Group"},
      {"a: LOCAL", "a: local", "a: KNOWN"},
      {"a: ALL", "a: ALL EXCEPT .x.org", "b: ALL EXCEPT .x.org"},
      {"a: ALL@10.1.2.3", "a: 10.1.2.3", "a: 10.1.2.4"},
      {"a: ALL EXCEPT .x.org", "a: ALL EXCEPT .x.org", "a: y.org"},
      {"a: 10. EXCEPT 10.1.", "a: 10.2.", "a: 10.1."},
      {"a: 10. EXCEPT 10.1.", "a: 10. EXCEPT 10.1. 10.3.", "a: 10."},
      {"a, b: 10.", "b: 10.1.", "c, b: 10.1."},
      {"ALL: 10.", "a: 10.1.", "ALL: 11."},
      {"in.*: 10.", "in.ftpd: 10.1.", "ftpd: 10.1."},
      {"a: 10.", "a@192.0.2.1: 10.1.", "b@192.0.2.1: 10."},
      {"a@192.0.2.1: 10.", "a@192.0.2.1: 10.", "a: 10."},
      {"22: 10.", "22: 10.1.", "23: 10.1."},
      {"ALL EXCEPT b: 10.", "ALL EXCEPT b: 10.1.", "ALL EXCEPT c: 10.1."},
      {"a: ALL: deny", "a: 10. u@x", "b: 10."},
      {"a: 10.", "a: 10.1.", "a: 10.1. /missing"},
  };
  for (const auto& row : kRows) {
    INFO(row.first << " | " << row.held << " | " << row.left);
    const std::string first = std::string(row.first) + "\n";
    CHECK_FALSE(Told(first + row.held + "\n").empty());
    CHECK_FALSE(Told(first, std::string(row.held) + "\n").empty());
    CHECK(Told(first + row.left + "\n") == "");
  }
}

TEST_CASE("a rule that may not decide holds nothing") {
  for (const char* first : {"a: 10.: aclexec /bin/true", "a: 10. /missing", "a: 10.0.0.0/33",
                            "a: 10.0.0.1/8", "a: u@10.", "a: [::]/x"}) {
    INFO(first);
    CHECK(Told(std::string(first) + "\na: 10.1.\n") == "");
  }
}

TEST_CASE("several rules together hold what none of them does") {
  CHECK(Told("a: 10.0.0.0/9\nALL: 10.128.0.0/9\na: 10.\n") == "redundant-rule@3");
  CHECK(Told("a: 10.0.0.0/9\nb: 10.128.0.0/9\na: 10.\n") == "");
  const Diagnostics found = Find("a: 10.0.0.0/9\na: 10.128.0.0/9: deny\na: 10.\n");
  REQUIRE(found.size() == 1);
  CHECK(found[0].code == "shadowed-rule");
  CHECK(found[0].message.contains("allow:1, allow:2"));
}

TEST_CASE("the kind says what is lost") {
  CHECK(Told("a: 10.\na: 10.1.\n") == "redundant-rule@2");
  CHECK(Told("a: 10.\na: 10.1.: deny\n") == "shadowed-rule@2");
  CHECK(Told("a: 10.\na: 10.1.: spawn /bin/true\n") == "shadowed-rule@2");
  CHECK(Told("a: 10.\n", "a: 10.1.\n") == "shadowed-rule@d1");
  CHECK(Told("a: 10.\na : 10.\n") == "duplicate-rule@2");
  CHECK(Told("a: 10.\na: 10. : deny\n") == "shadowed-rule@2");
  CHECK(Told("a: 10.\n", "a: 10.: allow\n") == "redundant-rule@d1");
  CHECK(Told("a: 10.1.\nb: x\na: 10.\na: 10.1.\n") == "duplicate-rule@4");
}

TEST_CASE("a rule for everybody ends its table, and hosts.allow ends both") {
  CHECK(Told("ALL: ALL\na: b\n", "c: d\n") == "allow-all@1");
  CHECK(Find("ALL: ALL\na: b\n", "c: d\n")[0].message.contains("2 rules"));
  CHECK(Told("ALL: ALL\na: b\n") == "unreachable-rules@1");
  CHECK(Told("ALL: ALL: deny\na: b\n") == "unreachable-rules@1");
  CHECK(Told("", "ALL: ALL\na: b\n") == "unreachable-rules@d1");
  CHECK(Told("a: b\nALL: ALL\n") == "");
  CHECK(Told("a: b\n", "ALL: ALL\n") == "");
  CHECK(Told("ALL EXCEPT x: ALL\na: b\n") == "");
}

TEST_CASE("a table that is left out holds nothing") {
  const auto policy = testlib::CompileHosts({{"allow", "a: 10.\n"}, {"deny", "a: 10.\n"}});
  CHECK(FindShadowed(*policy, {}).size() == 1);
  CHECK(FindShadowed(*policy, {.allow = false, .deny = true}).empty());
}

std::string WithoutLine(const std::string& text, std::uint32_t line) {
  std::size_t at = 0;
  for (std::uint32_t i = 1; i < line; ++i) at = text.find('\n', at) + 1;
  return text.substr(0, at) + "#\n" + text.substr(text.find('\n', at) + 1);
}

TEST_CASE("without a rule that was told, the policy decides as before") {
  int told = 0;
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    const auto files = testlib::RandomHosts(seed).Make();
    const auto before = testlib::CompileHosts({{"allow", files.allow}, {"deny", files.deny}});
    for (const Diagnostic& finding : FindShadowed(*before, {})) {
      if (finding.code == "allow-all" || finding.code == "unreachable-rules") continue;
      auto changed = files;
      std::string& table = finding.where.file == "deny" ? changed.deny : changed.allow;
      table = WithoutLine(table, finding.where.line);
      const auto after = testlib::CompileHosts({{"allow", changed.allow}, {"deny", changed.deny}});
      const auto diff = analysis::Compare({before, {}}, {after, {}});
      if (!diff) continue;
      ++told;
      INFO(files.allow << "--\n" << files.deny << "--\n" << Render(finding));
      CHECK((*diff)->differences.empty());
    }
  }
  CHECK(told > 5);
}

TEST_CASE("fifteen thousand rules take no time worth speaking of") {
  std::string table;
  for (int i = 0; i < 15000; ++i) {
    table += (i % 3 == 0 ? "ALL: " : "sshd, in.ftpd: ") + std::to_string(1 + i % 200) + "." +
             std::to_string(i * 7 % 256) + "." + std::to_string(i % 251) +
             (i % 5 == 0 ? "." : ".9") + " h" + std::to_string(i) + ".example.org\n";
  }
  const auto policy = testlib::CompileHosts({{"allow", ""}, {"deny", table}});
  const auto start = std::chrono::steady_clock::now();
  FindShadowed(*policy, {});
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

std::string Key(const Diagnostic& finding) { return Render(finding); }

TEST_CASE(
    "when the work ends, what was found stands, and the rules that were not compared are named") {
  std::string allow, deny;
  for (int i = 0; i < 30; ++i) {
    const std::string number = std::to_string(i);
    allow += "a: 10." + number + ".*\na: 10." + number + ".1." + number + "\n";
    deny += "b: 1*" + number + " EXCEPT 1?" + number + "\nb: " + number + ".example.org\n";
  }
  deny += "ALL: ALL\nb: c\n";
  const auto policy = testlib::CompileHosts({{"allow", allow}, {"deny", deny}});
  std::set<std::string> all;
  for (const Diagnostic& finding : FindShadowed(*policy, {})) all.insert(Key(finding));
  CHECK(all.size() == 31);  // each second rule of hosts.allow, and the rule for everybody
  std::size_t most = 0;
  bool complete = false;
  for (std::size_t work = 0; !complete && work < kComparingWork; work += 1 + work / 8) {
    const Diagnostics found = FindShadowed(*policy, {}, work);
    INFO(work);
    REQUIRE_FALSE(found.empty());
    complete = found.back().code != "analysis-incomplete";
    const std::size_t sure = found.size() - (complete ? 0 : 1);
    for (std::size_t i = 0; i < sure; ++i) CHECK(all.contains(Key(found[i])));
    CHECK(sure >= std::max<std::size_t>(most, 1));  // the rule for everybody is always told
    most = sure;
    if (complete) break;
    CHECK(found.back().severity == Severity::kNote);
    CHECK(found.back().where.line > 0);
    CHECK(found.back().message.contains("to deny:61"));
  }
  CHECK(complete);
  CHECK(most == all.size());
}

TEST_CASE("the finding about what was not compared says which rules") {
  const auto message = [](const std::string& allow, const std::string& deny) {
    const auto policy = testlib::CompileHosts({{"allow", allow}, {"deny", deny}});
    const Diagnostics found = FindShadowed(*policy, {}, 0);
    REQUIRE(found.size() == 1);
    CHECK(found[0].code == "analysis-incomplete");
    return found[0].message;
  };
  CHECK(message("a: b\n", "").starts_with("this rule was not compared with the rules in front"));
  CHECK(message("a: b\nc: d\n", "\ne: f\n")
            .starts_with("this rule and those behind it, 3 rules, allow:1 to deny:2, were not"));
}

TEST_CASE("no table that fits takes long to compare") {
  const auto rules = [](int count, auto rule) {
    std::string table;
    for (int i = 0; i < count; ++i) table += rule(static_cast<unsigned>(i)) + "\n";
    return table;
  };
  const auto times = [](int count, auto word) {
    std::string words;
    for (int i = 0; i < count; ++i) words += " " + word(static_cast<unsigned>(i));
    return words;
  };
  const std::string tables[] = {
      rules(9000,
            [&](unsigned i) {
              return "s" + std::to_string(i) + ":" + times(20, [i](unsigned k) {
                       return "*" + std::to_string(i * k % 255) + "*" + std::to_string(i % 7) +
                              "?*";
                     });
            }),
      rules(60,
            [&](unsigned i) {
              const auto glob = [i](unsigned k) {
                return std::to_string(i * k % 99) + "*" + std::to_string(k % 10) + "*";
              };
              return "ALL:" + times(150, glob) + " EXCEPT" + times(100, glob);
            }),
      rules(500,
            [](unsigned i) {
              return "ALL: *" + std::to_string(i % 10) + std::string(18 + i % 5, '?');
            }),
      rules(40,
            [&](unsigned i) {
              const auto name = [i](unsigned k) { return "n" + std::to_string(i * 331 + k); };
              return times(130, name) + ":" + times(130, name);
            }),
      rules(16,
            [](unsigned i) { return "*" + std::to_string(i) + std::string(900, '?') + "*: x"; }) +
          rules(3000, [](unsigned) { return std::string(2000, 'a') + ": x"; }),
      rules(3000,
            [&](unsigned) {
              std::string name = "x";
              while (name.size() < 2000) name += ".x";
              return "a: " + name + "\na: .q";
            }),
  };
  for (const std::string& table : tables) {
    INFO(table.substr(0, 100));
    const auto policy = testlib::CompileHosts({{"allow", ""}, {"deny", table}});
    CHECK(policy->deny().end == hosts::Table::End::kComplete);
    const auto start = std::chrono::steady_clock::now();
    FindShadowed(*policy, {});
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
  }
}

}  // namespace
}  // namespace postern::policy::check
