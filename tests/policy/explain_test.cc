// SPDX-License-Identifier: BSD-2-Clause
// What an explanation holds. That its verdict is Evaluate()'s is tested in table_index_test.cc.
#include "policy/hosts/explain.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/testlib/hosts_scenario.h"

namespace postern::policy::hosts {
namespace {

Request Someone() {
  Request request;
  request.daemon = Fact::Known("ftpd");
  request.client.address = Fact::Known("192.0.2.50");
  return request;
}

TEST_CASE("every rule up to the deciding one is told, with the tokens that were consulted") {
  const auto policy = testlib::CompileHosts(
      {{"allow", "sshd: ALL\nftpd: 10. 11.\n"}, {"deny", "ALL: 192.0.2.0/24 .org\nALL: ALL\n"}});
  const Explanation told = Explain(*policy, Someone());
  REQUIRE(std::holds_alternative<Deny>(told.verdict));
  REQUIRE(told.steps.size() == 3);
  CHECK_FALSE(told.steps[0].matched);
  CHECK(told.steps[0].daemons.size() == 1);
  CHECK(told.steps[0].daemons[0].why == "daemon ftpd");
  CHECK(told.steps[0].clients.empty());
  CHECK(told.steps[1].daemons[0].matched);
  REQUIRE(told.steps[1].clients.size() == 2);
  CHECK(told.steps[1].clients[1].token == "11.");
  CHECK_FALSE(told.steps[1].clients[1].matched);
  CHECK(told.steps[2].matched);
  REQUIRE(told.steps[2].clients.size() == 1);
  CHECK(told.steps[2].clients[0].why == "address 192.0.2.50");
  CHECK(told.steps[2].rule == &policy->deny().rules[0]);
}

TEST_CASE("what must be asked for ends the account") {
  const auto policy = testlib::CompileHosts({{"allow", "ftpd: .org\nftpd: ALL\n"}});
  const Explanation told = Explain(*policy, Someone());
  REQUIRE(std::holds_alternative<NeedFact>(told.verdict));
  REQUIRE(told.steps.size() == 1);
  CHECK_FALSE(told.steps[0].matched);
  CHECK(told.steps[0].note == "the name of the client must be asked for");
  CHECK(told.steps[0].clients[0].why == "address 192.0.2.50, name was not asked for");
}

TEST_CASE("EXCEPT, users, ports and unusable files are named") {
  const auto policy = testlib::CompileHosts(
      {{"allow", "21: ALL\nftpd: ALL EXCEPT 192.\nftpd: carol@ALL\nftpd: /no\n"},
       {"deny", "ftpd: /no\n"}});
  Request request = Someone();
  request.user = Fact::Known("dave");
  const Explanation told = Explain(*policy, request);
  REQUIRE(told.steps.size() == 5);
  CHECK(told.steps[0].daemons[0].why == "port of the server");
  CHECK(told.steps[1].clients[1].why == "address 192.0.2.50 (behind EXCEPT)");
  CHECK(told.steps[2].clients[0].why == "address 192.0.2.50, user dave");
  CHECK(told.steps[3].note == "/no cannot be used (no such file): the rule does not match");
  CHECK_FALSE(told.steps[3].matched);
  CHECK(told.steps[4].note == "/no cannot be used (no such file): the rule refuses");
  CHECK(told.steps[4].matched);
}

TEST_CASE("hosts.allow can be left out of the account") {
  const auto policy = testlib::CompileHosts({{"allow", "ALL: ALL\n"}, {"deny", "ALL: ALL\n"}});
  const Explanation told = Explain(*policy, Someone(), Which::kDeny);
  REQUIRE(told.steps.size() == 1);
  CHECK(std::holds_alternative<Deny>(told.verdict));
}

}  // namespace
}  // namespace postern::policy::hosts
