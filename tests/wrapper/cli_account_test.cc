// SPDX-License-Identifier: BSD-2-Clause
// How an answer came about, as `postern explain` tells it: a line for each step.
#include "tests/wrapper/cli_policy.h"
#include "wrapper/cli/account.h"

namespace postern::cli {
namespace {

using Fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;
using Lines = std::vector<std::string>;

Lines Told(const CliPolicy& policy, Fields fields) {
  const Decider decider(policy.files(), policy.system());
  const auto account = Explain(decider, Ask(fields));
  if (!account) return {account.error()};
  Lines lines{(account->answer.allowed ? "allow: " : "deny: ") + account->answer.reason};
  for (const ServiceStep& step : account->service_steps) {
    lines.push_back(step.check + " " + step.word + (step.matched ? " yes " : " no ") + step.why);
  }
  for (const HostsStep& step : account->hosts_steps) {
    for (const auto& rule : step.explanation.steps) {
      lines.push_back(step.daemon + (rule.matched ? " yes " : " no ") + rule.rule->text);
    }
    for (const std::string& group : step.netgroups) lines.push_back("nobody in " + group);
  }
  for (const Switch& one : account->switches) lines.push_back(one.name + " = " + one.value);
  return lines;
}

TEST_CASE("Every rule up to the one that decides is told") {
  const CliPolicy policy({.allow = "b: ALL\na: 11.\n",
                          .deny = "a: @group\na: 10.\nALL: ALL\n",
                          .xinetd = {},
                          .inetd = {}});
  CHECK(Told(policy, {{"daemon", "a"}, {"client_addr", "10.0.0.1"}}) ==
        Lines{"deny: rule of hosts.deny", "a no b: ALL", "a no a: 11.", "a no a: @group",
              "a yes a: 10.", "nobody in group"});
}

TEST_CASE("Whom no rule matches is let in by a switch that is told") {
  const CliPolicy policy({.allow = "a: 10.\n", .deny = {}, .xinetd = {}, .inetd = {}});
  CHECK(Told(policy, {{"daemon", "a"}, {"client_addr", "10.0.0.1"}}) ==
        Lines{"allow: rule of hosts.allow", "a yes a: 10."});
  CHECK(Told(policy, {{"daemon", "a"}, {"client_addr", "11.0.0.1"}}) ==
        Lines{"allow: no rule matches", "a no a: 10.", "hosts_access = grant-unmatched"});
}

TEST_CASE("A hosts.allow without its end is told where it has a part in the answer") {
  const CliPolicy policy(
      {.allow = "a: 10.\na: 11.", .deny = "ALL: ALL\n", .xinetd = {}, .inetd = {}});
  CHECK(Told(policy, {{"daemon", "a"}, {"client_addr", "11.0.0.1"}}).back() ==
        "hosts_access = unterminated-table");
  CHECK(Told(policy, {{"daemon", "a"}, {"client_addr", "10.0.0.1"}}).back() == "a yes a: 10.");
}

TEST_CASE("A service's own checks are told first, and end the account where they refuse") {
  const CliPolicy policy(
      {.allow = {},
       .deny = "ALL: ALL\n",
       .xinetd = policy::ServiceWith("only_from = 10.0.0.0/8 .a.test\nno_access = 10.1.0.0/16\n"
                                     "access_times = 8:00-17:00"),
       .inetd = {}});
  const Lines late =
      Told(policy, {{"service", "s1"}, {"client_addr", "10.0.0.1"}, {"at", "18:00"}});
  REQUIRE(late.size() == 6);
  CHECK(late[1] == "access_times 8:00-17:00 no does not hold the time");
  CHECK(late[2] == "only_from 10.0.0.0/8 yes holds 10.0.0.1");
  CHECK(late[3] == "only_from .a.test no no confirmed name is known");
  CHECK(late[4] == "no_access 10.1.0.0/16 no does not hold 10.0.0.1");
  CHECK(late[5] == "access_precedence = no_access");
  const Lines passed = Told(policy, {{"service", "s1"},
                                     {"client_addr", "10.0.0.1"},
                                     {"client_name", "x.a.test"},
                                     {"at", "9:00"}});
  CHECK(passed.front() == "deny: rule of hosts.deny");
  CHECK(passed[3] == "only_from .a.test yes is the name x.a.test");
  CHECK(passed[5] == "echo yes ALL: ALL");
}

TEST_CASE("What a service does not have, and what is not known, is told") {
  const CliPolicy policy({.allow = {},
                          .deny = {},
                          .xinetd = policy::ServiceWith("no_access = 10.0.0.0/8 b.test\n"
                                                        "flags = NOLIBWRAP"),
                          .inetd = {}});
  const Lines told = Told(policy, {{"service", "s1"}});
  REQUIRE(told.size() == 6);
  CHECK(told[1] == "access_times  no not given");
  CHECK(told[2] == "only_from  no not given");
  CHECK(told[3] == "no_access 10.0.0.0/8 no the address is unknown");
  CHECK(told[5] == "NOLIBWRAP = yes");
  CHECK(Told(policy, {{"service", "s1"}, {"client_addr", "::1"}, {"client_name", "c.test"}})[4] ==
        "no_access b.test no is not the name c.test");
  CHECK(Told(policy, {{"service", "s9"}}).front().find("s9") != std::string::npos);
}

TEST_CASE("Behind a proxy, each word of its list is told") {
  const CliPolicy policy({.allow = {},
                          .deny = {},
                          .xinetd = policy::ServiceWith("proxy_protocol = require\n"
                                                        "proxy_from = 10.0.0.1 10.1.0.0/16\n"
                                                        "only_from = 192.0.2.7"),
                          .inetd = {}});
  const Lines stranger =
      Told(policy, {{"service", "s1"}, {"client_addr", "192.0.2.7"}, {"proxy_addr", "10.2.0.1"}});
  CHECK(stranger[0] == "deny: proxy: not in proxy_from");
  CHECK(stranger[1] == "proxy_from 10.0.0.1 no does not hold 10.2.0.1");
  CHECK(stranger[2] == "proxy_from 10.1.0.0/16 no does not hold 10.2.0.1");
  CHECK(stranger.size() == 6);  // no hosts file is asked
  const Lines listed =
      Told(policy, {{"service", "s1"}, {"client_addr", "192.0.2.7"}, {"proxy_addr", "10.1.0.1"}});
  CHECK(listed[0] == "allow: no rule matches");
  CHECK(listed[2] == "proxy_from 10.1.0.0/16 yes holds 10.1.0.1");
  const Lines untold = Told(policy, {{"service", "s1"}, {"client_addr", "192.0.2.8"}});
  CHECK(untold[0] == "deny: address: not in only_from");
  CHECK(untold[1].ends_with("(--proxy-addr)"));
}

}  // namespace
}  // namespace postern::cli
