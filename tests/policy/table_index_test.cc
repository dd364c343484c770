// SPDX-License-Identifier: BSD-2-Clause
// The index against the rule-by-rule account, on random tables; and what it must not ask for.
#include "policy/hosts/table_index.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "tests/testlib/hosts_scenario.h"

namespace postern::policy::hosts {
namespace {

using testlib::CompileHosts;

Request From(const std::string& address, Fact name = Fact::NotAsked()) {
  Request request;
  request.daemon = Fact::Known("ftpd");
  request.client.address = Fact::Known(address);
  request.client.name = std::move(name);
  return request;
}

// The rule of hosts.allow by its line; 0: no rule, -1: a fact is needed.
int LineFor(const std::string& table, const Request& request) {
  const auto policy = CompileHosts({{"allow", table}});
  const Verdict verdict = Evaluate(*policy, request);
  if (std::holds_alternative<NeedFact>(verdict)) return -1;
  const auto* allow = std::get_if<Allow>(&verdict);
  return allow && allow->rule ? static_cast<int>(allow->rule->where.line) : 0;
}

// Enough rules in front to make the table worth an index.
std::string Padded(const std::string& rules) {
  std::string table;
  for (int i = 0; i < 20; ++i) table += "ftpd: 203.0.113." + std::to_string(i) + "\n";
  return table + rules;
}

TEST_CASE("the index decides as the rules do in their order, and asks for nothing besides") {
  std::mt19937 random(20);
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::uint8_t> bytes(random() % 1000);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    const testlib::HostsScenario scenario = testlib::MakeHostsScenario(bytes);
    const std::string complaint = IndexComplaint(scenario);
    if (complaint.empty()) continue;
    INFO("hosts.allow:\n"
         << scenario.files.at("allow") << "hosts.deny:\n"
         << scenario.files.at("deny") << "client " << scenario.request.client.address.text() << " "
         << scenario.request.client.name.text());
    FAIL(complaint);
  }
}

TEST_CASE("the first of several networks that hold the client decides, not the longest") {
  const std::string table = Padded("ftpd: 10.0.0.0/8\nftpd: 10.1.0.0/16\nftpd: 10.1.2.3\n");
  CHECK(LineFor(table, From("10.1.2.3")) == 21);
  CHECK(LineFor(Padded("ftpd: 10.1.0.0/16\nftpd: 10.0.0.0/8\n"), From("10.2.0.1")) == 22);
  CHECK(LineFor(Padded("ftpd: 10.1.0.0/16\nftpd: 10.0.0.0/8\n"), From("10.1.0.1")) == 21);
  CHECK(LineFor(table, From("11.1.2.3")) == 0);
}

TEST_CASE("IPv6 networks, numbers, scattered masks, prefixes and suffixes are found") {
  const std::string table = Padded(
      "ftpd: [2001:db8::]/32\nftpd: [2001:db9::1]\nftpd: 10.0.0.3/255.0.0.255\nftpd: 172.16.\n"
      "ftpd: .9.9\n");
  CHECK(LineFor(table, From("2001:db8::9")) == 21);
  CHECK(LineFor(table, From("2001:db9:0::1")) == 22);
  CHECK(LineFor(table, From("2001:db9::2")) == 0);
  CHECK(LineFor(table, From("10.5.6.3")) == 23);
  CHECK(LineFor(table, From("10.5.6.4")) == 0);
  CHECK(LineFor(table, From("172.16.0.1")) == 24);
  CHECK(LineFor(table, From("172.17.0.1")) == 0);
  CHECK(LineFor(table, From("8.8.9.9")) == 25);
}

TEST_CASE("a name is asked for only in front of the first rule that matches without it") {
  const std::string table = Padded("ftpd: 10.\nftpd: .example.org\nftpd: 192.0.2.1\n");
  CHECK(LineFor(table, From("10.0.0.1")) == 21);
  CHECK(LineFor(table, From("192.0.2.1")) == -1);
  CHECK(LineFor(table, From("192.0.2.1", Fact::Known("a.example.org"))) == 22);
  CHECK(LineFor(table, From("192.0.2.1", Fact::Unknown())) == 23);
}

TEST_CASE("rules with an EXCEPT or a user are tried from the first one on that may match") {
  const std::string table = Padded(
      "ftpd: 10. EXCEPT 10.1.\nftpd: carol@10.\nftpd: .example.org EXCEPT 10.1.2.4\nftpd: 10.1.\n");
  Request request = From("10.1.2.3");
  CHECK(LineFor(table, From("10.2.0.1")) == 21);
  CHECK(LineFor(table, request) == -1);  // the user
  request.user = Fact::Known("dave");
  CHECK(LineFor(table, request) == -1);  // the name
  request.client.name = Fact::Known("a.example.org");
  CHECK(LineFor(table, request) == 23);
  request.client.name = Fact::Known(".example.org");
  CHECK(LineFor(table, request) == 24);
  request.user = Fact::Known("carol");
  CHECK(LineFor(table, request) == 22);
  CHECK(LineFor(table, From("192.0.2.1")) == -1);
  CHECK(LineFor(table, From("192.0.2.1", Fact::Unknown())) == 0);
}

TEST_CASE("a suffix is shorter than what it matches, a prefix need not be") {
  const std::string table = Padded("ftpd: .example.org\nftpd: host.\n");
  CHECK(LineFor(table, From("192.0.2.1", Fact::Known("a.example.org"))) == 21);
  CHECK(LineFor(table, From("192.0.2.1", Fact::Known(".example.org"))) == 0);
  CHECK(LineFor(table, From("192.0.2.1", Fact::Known("host."))) == 22);
}

TEST_CASE("numeric tokens are not compared with names") {
  const std::string table = Padded("ftpd: 10.1.2.3\nftpd: 10.1.\nftpd: .2.3\n");
  CHECK(LineFor(table, From("192.0.2.1", Fact::Known("10.1.2.3"))) == 0);
  CHECK(LineFor(table, From("192.0.2.1")) == 0);
  CHECK(LineFor(table, From("10.1.2.3")) == 21);
}

TEST_CASE("rules of other daemons are passed over, rules of daemon patterns are not") {
  const std::string table =
      "sshd: ALL\nALL EXCEPT ftpd: ALL\nf*d: 10.\nftpd sshd: 192.0.2.1\nALL: 192.0.2.2\n";
  CHECK(LineFor(table, From("10.0.0.1")) == 3);
  CHECK(LineFor(table, From("192.0.2.1")) == 4);
  CHECK(LineFor(table, From("192.0.2.2")) == 5);
  CHECK(LineFor(table, From("192.0.2.3")) == 0);
}

}  // namespace
}  // namespace postern::policy::hosts
