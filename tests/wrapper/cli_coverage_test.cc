// SPDX-License-Identifier: BSD-2-Clause
// What counts as a rule, which questions reach it, and the totals.
#include "tests/wrapper/cli_policy.h"
#include "wrapper/cli/coverage.h"

namespace postern::cli {
namespace {

constexpr const char* kLists =
    "only_from = 10.0.0.0/8 .a.test\nno_access = 10.1.0.0/16\naccess_times = 8:00-17:00";

// "FILE:LINE TEXT" of the rules that are reached, or of the others.
std::vector<std::string> Rules(const Coverage& coverage, bool reached) {
  std::vector<std::string> rules;
  for (const Coverage::Rule& rule : coverage.rules()) {
    if (rule.reached == reached) {
      rules.push_back(rule.where.file.substr(2) + ":" + std::to_string(rule.where.line) + " " +
                      rule.text);
    }
  }
  return rules;
}
using Lines = std::vector<std::string>;

Lines ReachedBy(const CliPolicy& policy, const Question& question) {
  const Decider decider(policy.files(), policy.system());
  Coverage coverage(policy.files());
  coverage.Reach(decider, question);
  return Rules(coverage, true);
}

TEST_CASE("Every rule of the hosts files and every word and time of a service is one to reach") {
  const CliPolicy policy({.allow = "# c\na: 10.\n\nb: ALL EXCEPT \\\n 10.\n",
                          .deny = "ALL: ALL\n",
                          .xinetd = policy::ServiceWith(kLists),
                          .inetd = {}});
  const Coverage coverage(policy.files());
  const Lines rules = Rules(coverage, false);
  CHECK(rules.size() == 7);
  CHECK(rules[0] == "hosts.allow:2 a: 10.");
  CHECK(rules[1].starts_with("hosts.allow:4 b: ALL EXCEPT"));
  CHECK(rules[2] == "hosts.deny:1 ALL: ALL");
  CHECK(Rules(coverage, true).empty());
}

TEST_CASE("A question reaches the rule that decides and no other") {
  const CliPolicy policy(
      {.allow = "a: 10.\na: 10.0.0.1\n", .deny = "b: ALL\nALL: ALL\n", .xinetd = {}, .inetd = {}});
  CHECK(ReachedBy(policy, Ask({{"daemon", "a"}, {"client_addr", "10.0.0.1"}})) ==
        Lines{"hosts.allow:1 a: 10."});
  CHECK(ReachedBy(policy, Ask({{"daemon", "c"}, {"client_addr", "10.0.0.1"}})) ==
        Lines{"hosts.deny:2 ALL: ALL"});
  CHECK(ReachedBy(CliPolicy({}), Ask({{"daemon", "c"}})).empty());
}

TEST_CASE("What a service's own rules refuse reaches nothing behind them") {
  const CliPolicy policy(
      {.allow = {}, .deny = "ALL: ALL\n", .xinetd = policy::ServiceWith(kLists), .inetd = {}});
  const auto ask = [&policy](std::string_view address, std::string_view at) {
    Lines reached;
    for (const std::string& rule :
         ReachedBy(policy, Ask({{"service", "s1"}, {"client_addr", address}, {"at", at}}))) {
      reached.push_back(rule.substr(rule.find(' ') + 1));
    }
    return reached;
  };
  CHECK(ask("10.2.0.1", "18:00") == Lines{"access_times = 8:00-17:00"});
  CHECK(ask("10.1.0.1", "9:00").size() == 3);  // the time and both lists
  CHECK(ask("11.0.0.1", "9:00").size() == 1);
  const Lines passed = ask("10.2.0.1", "9:00");
  CHECK(passed.size() == 3);
  CHECK(passed.front() == "ALL: ALL");
}

TEST_CASE("A word of the defaults is one rule, however many services have it") {
  const CliPolicy policy({.allow = {},
                          .deny = {},
                          .xinetd = policy::DefaultsWith("no_access = 10.0.0.0/8") +
                                    policy::ServiceWith("", "s1", "2001") +
                                    policy::ServiceWith("", "s2", "2002"),
                          .inetd = {}});
  Coverage coverage(policy.files());
  CHECK(coverage.rules().size() == 1);
  const Decider decider(policy.files(), policy.system());
  coverage.Reach(decider, Ask({{"service", "s2"}, {"client_addr", "10.0.0.1"}}));
  CHECK(coverage.rules().front().reached);
}

TEST_CASE("Totals are by file and for all, and nothing to reach is reached") {
  const CliPolicy policy({.allow = "a: 1.1.1.1\na: 2.2.2.2\nb: 3.3.3.3\n",
                          .deny = "ALL: ALL\n",
                          .xinetd = {},
                          .inetd = {}});
  Coverage coverage(policy.files());
  coverage.Reach(policy.files().hosts->allow().rules[1].where);
  coverage.Reach(policy::SourceLocation{"elsewhere", 1, 1});
  const auto totals = coverage.totals();
  REQUIRE(totals.size() == 3);
  CHECK(totals[0].file == "p/hosts.allow");
  CHECK(totals[0].reached == 1);
  CHECK(totals[0].rules == 3);
  CHECK(totals[1].reached == 0);
  CHECK(totals[2].file.empty());
  CHECK(totals[2].rules == 4);
  CHECK(totals[2].percent() == 25);
  const CliPolicy empty({});
  CHECK(Coverage(empty.files()).totals().front().percent() == 100);
}

}  // namespace
}  // namespace postern::cli
