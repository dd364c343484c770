// SPDX-License-Identifier: BSD-2-Clause
// The order of the tables, EXCEPT, options, and what is refused because it cannot be known. The
// numbered cases of tcp_wrappers are in hosts_cases_test.cc.
#include <catch2/catch.hpp>
#include <string>

#include "policy/hosts/evaluate.h"
#include "policy/hosts/rule_match.h"
#include "tests/testlib/hosts_scenario.h"

namespace postern::policy::hosts {
namespace {

using testlib::CompileHosts;

Request Someone(const char* address = "192.0.2.50") {
  Request request;
  request.daemon = Fact::Known("ftpd");
  request.client.address = Fact::Known(address);
  request.client.name = Fact::Known("alpha.example.org");
  request.user = Fact::Known("carol");
  return request;
}

std::string Decide(const testlib::HostsFiles& files, const Request& request = Someone(),
                   Which from = Which::kAllow) {
  const auto policy = CompileHosts(files);
  const Verdict verdict = Evaluate(*policy, request, from);
  if (std::holds_alternative<NeedFact>(verdict)) return "need";
  const auto* allow = std::get_if<Allow>(&verdict);
  const auto* deny = std::get_if<Deny>(&verdict);
  const Reason reason = allow ? allow->reason : deny->reason;
  return (allow ? "allow: " : "deny: ") + std::string(ReasonText(reason));
}

const std::string kAllowedByRule = "allow: rule", kDeniedByRule = "deny: rule";
const std::string kAllowedByNone = "allow: no rule matches";
const std::string kBadFile = "deny: the rule names a file that cannot be used";

TEST_CASE("hosts.allow grants, else hosts.deny refuses, else access is granted") {
  CHECK(Decide({}) == kAllowedByNone);
  CHECK(Decide({{"deny", "ALL: ALL\n"}}) == kDeniedByRule);
  CHECK(Decide({{"allow", "ftpd: 192.\n"}, {"deny", "ALL: ALL\n"}}) == kAllowedByRule);
  CHECK(Decide({{"allow", "ftpd: 10.\n"}, {"deny", "ftpd: 11.\n"}}) == kAllowedByNone);
}

TEST_CASE("hosts.allow can be left out") {
  const testlib::HostsFiles files = {{"allow", "ALL: ALL\n"}, {"deny", "ALL: ALL\n"}};
  CHECK(Decide(files) == kAllowedByRule);
  CHECK(Decide(files, Someone(), Which::kDeny) == kDeniedByRule);
}

TEST_CASE("options turn the verdict of either table") {
  CHECK(Decide({{"allow", "ALL: ALL: deny\n"}}) == "deny: option of the rule");
  CHECK(Decide({{"deny", "ALL: ALL: allow\n"}}) == "allow: option of the rule");
  CHECK(Decide({{"allow", "ALL: ALL: severity info\n"}}) == kAllowedByRule);
  CHECK(Decide({{"deny", "ALL: ALL: severity info\n"}}) == kDeniedByRule);
  CHECK(Decide({{"deny", "ALL: ALL: twist echo\n"}}) == "allow: twist of the rule");
  CHECK(Decide({{"allow", "ALL: ALL: nonsense\n"}}) == "deny: error in the options of the rule");
  CHECK(Decide({{"allow", "ALL: 10.: nonsense\n"}}) == kAllowedByNone);
}

TEST_CASE("a broken hosts.deny refuses, a broken hosts.allow grants nothing") {
  CHECK(Decide({{"deny", "x: y"}}) == "deny: hosts.deny has a line that cannot be read to its end");
  CHECK(Decide({{"deny", "ftpd: ALL\nx: y"}}) == kDeniedByRule);
  CHECK(Decide({{"allow", "ftpd: ALL"}, {"deny", "ALL: ALL\n"}}) == kDeniedByRule);
  const auto policy = HostsPolicy::Compile({"a", "d"}, [](const std::string&) {
    return SourceFile{SourceFile::State::kUnreadable, {}, "no"};
  });
  const Verdict verdict = Evaluate(*policy, Someone());
  REQUIRE(std::holds_alternative<Deny>(verdict));
  CHECK(std::get<Deny>(verdict).reason == Reason::kTableUnreadable);
}

TEST_CASE("EXCEPT nests to the right") {
  const auto allowed = [](const std::string& list) {
    return Decide({{"allow", "ftpd: " + list + "\n"}, {"deny", "ALL: ALL\n"}}) == kAllowedByRule;
  };
  CHECK_FALSE(allowed("ALL EXCEPT 192."));
  CHECK(allowed("ALL EXCEPT 10."));
  CHECK(allowed("ALL EXCEPT 192. EXCEPT .example.org"));
  CHECK_FALSE(allowed("ALL EXCEPT 192. EXCEPT .example.com"));
  CHECK_FALSE(allowed("ALL EXCEPT 192. EXCEPT .example.org EXCEPT alpha."));
  CHECK_FALSE(allowed("EXCEPT 10."));
  CHECK(allowed("ALL EXCEPT"));
  CHECK(allowed("ALL EXCEPT EXCEPT ALL"));
}

TEST_CASE(
    "a rule that consults a file that cannot be read grants nothing and refuses in hosts.deny") {
  CHECK(Decide({{"allow", "ALL: /no\n"}}) == kAllowedByNone);
  CHECK(Decide({{"allow", "ALL: ALL EXCEPT /no\n"}, {"deny", "ALL: ALL\n"}}) == kDeniedByRule);
  CHECK(Decide({{"deny", "ALL: /no\n"}}) == kBadFile);
  CHECK(Decide({{"deny", "ALL: ALL EXCEPT /no\n"}}) == kBadFile);
  CHECK(Decide({{"deny", "ALL: /no: allow\n"}}) == kBadFile);
  CHECK(Decide({{"allow", "ALL: ALL EXCEPT /no: deny\n"}}) == kBadFile);
  CHECK(Decide({{"allow", "ALL: /no: twist echo\n"}}) == kBadFile);
  CHECK(Decide({{"deny", "ftpd@/no: ALL\n"}}) == kBadFile);
  CHECK(Decide({{"deny", "ALL: /list\n"}, {"/list", "10. /no"}}) == kBadFile);
  CHECK(Decide({{"deny", "ALL: /list\n"}, {"/list", "/list"}}) == kBadFile);
}

TEST_CASE("a rule that is decided without the file is not concerned") {
  CHECK(Decide({{"allow", "ALL: 192. /no\n"}}) == kAllowedByRule);
  CHECK(Decide({{"deny", "ALL: 10. EXCEPT /no\n"}}) == kAllowedByNone);
  CHECK(Decide({{"deny", "sshd: /no\n"}}) == kAllowedByNone);
  CHECK(Decide({{"allow", "ALL: /list\n"}, {"/list", "192. /no"}}) == kAllowedByRule);
}

TEST_CASE("a malformed IPv6 length takes the side that refuses") {
  const Request request = Someone("2001:db8::1");
  const auto decide = [&request](const char* table, const char* rule) {
    const std::string other = std::string(table) == "allow" ? "deny" : "none";
    return Decide({{table, std::string(rule) + "\n"}, {other, "ALL: ALL\n"}}, request)
        .starts_with("allow");
  };
  CHECK_FALSE(decide("allow", "ftpd: [fe80::]/junk"));
  CHECK(decide("allow", "ftpd: [fe80::]/0"));
  CHECK_FALSE(decide("allow", "ftpd: ALL EXCEPT [fe80::]/junk"));
  CHECK_FALSE(decide("allow", "ftpd: ALL EXCEPT ALL EXCEPT [fe80::]/junk"));
  CHECK_FALSE(decide("deny", "ftpd: [fe80::]/junk"));
  CHECK_FALSE(decide("deny", "ftpd: ALL EXCEPT [fe80::]/junk"));
  CHECK(decide("deny", "ftpd: ALL EXCEPT [fe80::]/0"));
  CHECK_FALSE(decide("allow", "ftpd: [fe80::]/junk: deny"));
  CHECK(Decide({{"deny", "ftpd: ALL EXCEPT [fe80::]/junk: allow\nALL: ALL\n"}}, request) ==
        kDeniedByRule);
}

TEST_CASE("what a rule is there for is told by its options and its table") {
  const auto effect = [](const std::string& options, Which which) {
    const auto policy = CompileHosts({{"allow", "a: b" + options + "\n"}});
    return EffectOf(policy->allow().rules.front(), which);
  };
  CHECK(effect("", Which::kAllow) == Effect::kGrants);
  CHECK(effect("", Which::kDeny) == Effect::kRefuses);
  CHECK(effect(": allow", Which::kDeny) == Effect::kGrants);
  CHECK(effect(": deny", Which::kAllow) == Effect::kRefuses);
  CHECK(effect(": bad", Which::kAllow) == Effect::kRefuses);
  CHECK(effect(": twist x", Which::kAllow) == Effect::kReplaces);
  CHECK(effect(": severity info", Which::kAllow) == Effect::kGrants);
}

TEST_CASE("facts are asked for one after another, in the order of need") {
  Request request = Someone();
  request.client.name = request.user = Fact::NotAsked();
  const auto policy = CompileHosts({{"deny", "ftpd: carol@.example.org @group\n"}});
  const auto need = [&] { return std::get<NeedFact>(Evaluate(*policy, request)).need.what; };
  CHECK(need() == Needed::kClientName);
  request.client.name = Fact::Known("a.example.org");
  CHECK(need() == Needed::kUser);
  request.user = Fact::Known("dave");
  CHECK(need() == Needed::kNetgroup);
  request.netgroups[{"group", "a.example.org"}] = true;
  CHECK(std::holds_alternative<Deny>(Evaluate(*policy, request)));
}

const std::string kUntold = "deny: nobody could tell what the rule asks for";

// With a table that is indexed (many tokens), and one that is not.
TEST_CASE("a name that nobody could tell grants nothing and evades nothing") {
  Request request = Someone();
  request.client.name = Fact::Unavailable();
  std::string many;
  for (int i = 0; i < 20; ++i) many += "ftpd: host" + std::to_string(i) + ".test\n";
  for (const std::string& more : {std::string(), many}) {
    const auto Says = [&](const std::string& allow, const std::string& deny) {
      return Decide({{"allow", more + allow}, {"deny", deny}}, request);
    };
    CHECK(Says("", "") == kAllowedByNone);
    CHECK(Says("ALL: .example.org\n", "ALL: ALL\n") == kDeniedByRule);
    CHECK(Says("ALL: UNKNOWN\n", "ALL: ALL\n") == kDeniedByRule);
    CHECK(Says("ALL: ALL EXCEPT .evil.org\n", "ALL: ALL\n") == kDeniedByRule);
    CHECK(Says("ALL: .example.org 192.0.2.\n", "ALL: ALL\n") == kAllowedByRule);
    CHECK(Says("ALL: .example.org\nALL: 192.\n", "ALL: ALL\n") == kAllowedByRule);
    CHECK(Says("ALL: .evil.org: deny\n", "") == kUntold);
    CHECK(Says("ALL: KNOWN: twist /bin/true\n", "") == kUntold);
    CHECK(Decide({{"deny", more + "ALL: .evil.org\n"}}, request) == kUntold);
    CHECK(Decide({{"deny", "ALL: ALL EXCEPT .example.org\n" + more}}, request) == kUntold);
    CHECK(Decide({{"deny", "ALL: .evil.org 192.0.2.\n"}}, request) == kDeniedByRule);
    CHECK(Decide({{"deny", "ALL: 10.\n"}}, request) == kAllowedByNone);
  }
}

TEST_CASE("a user that nobody could tell grants nothing and evades nothing") {
  Request request = Someone();
  request.user = Fact::Unavailable();
  CHECK(Decide({{"allow", "ALL: carol@ALL\n"}, {"deny", "ALL: ALL\n"}}, request) == kDeniedByRule);
  CHECK(Decide({{"allow", "ALL: UNKNOWN@ALL\n"}, {"deny", "ALL: ALL\n"}}, request) ==
        kDeniedByRule);
  CHECK(Decide({{"deny", "ALL: carol@192.\n"}}, request) == kUntold);
  CHECK(Decide({{"deny", "ALL: carol@10.\n"}}, request) == kAllowedByNone);
}

TEST_CASE("no reason is without words") {
  for (int i = 0; i <= static_cast<int>(Reason::kNoAnswer); ++i) {
    CHECK(ReasonText(static_cast<Reason>(i)) != "unknown");
  }
}

}  // namespace
}  // namespace postern::policy::hosts
