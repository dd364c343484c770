// SPDX-License-Identifier: BSD-2-Clause
// The difference of two policies against brute force: every address of a /16 and of an IPv6 /112,
// asked of both policies by Evaluate(), for each daemon, name and user of a few.
#include "policy/analysis/policy_diff.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>

#include "policy/analysis/region_words.h"
#include "tests/testlib/random_hosts.h"

namespace postern::policy::analysis {
namespace {

using testlib::RandomHosts;

constexpr unsigned kEveryAddress = 0x10000;

IpAddress AddressAt(unsigned index) {
  if (index < kEveryAddress) return IpAddress::FromV4(0xc0000000 + index);
  IpAddress::Bytes16 bytes{0x20, 0x01, 0x0d, 0xb8};
  bytes[14] = static_cast<std::uint8_t>(index >> 8 & 0xff);
  bytes[15] = static_cast<std::uint8_t>(index & 0xff);
  return IpAddress::FromV6(bytes);
}

const std::vector<std::string>& Texts() {
  static const std::vector<std::string> texts = [] {
    std::vector<std::string> all;
    for (unsigned i = 0; i < 2 * kEveryAddress; ++i) all.push_back(AddressAt(i).ToString());
    return all;
  }();
  return texts;
}

std::unique_ptr<PolicyDiff> Diff(const RandomHosts::Files& before,
                                 const RandomHosts::Files& after) {
  auto diff = Compare({RandomHosts::Compile(before), {}}, {RandomHosts::Compile(after), {}});
  REQUIRE(diff);
  return *std::move(diff);
}

bool Allows(const hosts::HostsPolicy& policy, hosts::Request& request) {
  while (true) {
    const hosts::Verdict verdict = hosts::Evaluate(policy, request);
    const auto* need = std::get_if<hosts::NeedFact>(&verdict);
    if (need == nullptr) return std::holds_alternative<hosts::Allow>(verdict);
    request.netgroups[{need->need.group, need->need.host}] = false;
  }
}

// The changes the diff has for one subject and client, one byte an address: '+' opens, '-' closes.
std::string Claimed(PolicyDiff& diff, const Difference& difference) {
  std::string claimed(Texts().size(), ' ');
  for (const Change& change : difference.changes) {
    const BitDiagrams::Node node = diff.regions.NodeOf(change.addresses);
    for (unsigned i = 0; i < claimed.size(); ++i) {
      if (diff.regions.diagrams().At(node, AddressAt(i)) != 0) {
        claimed[i] = change.opens() ? '+' : '-';
      }
    }
  }
  return claimed;
}

std::string BruteForce(const RandomHosts::Files& before, const RandomHosts::Files& after,
                       hosts::Request request) {
  const auto old_policy = RandomHosts::Compile(before), new_policy = RandomHosts::Compile(after);
  std::string changes(Texts().size(), ' ');
  for (std::size_t i = 0; i < changes.size(); ++i) {
    request.client.address = hosts::Fact::Known(Texts()[i]);
    const bool was = Allows(*old_policy, request), is = Allows(*new_policy, request);
    if (was != is) changes[i] = is ? '+' : '-';
  }
  return changes;
}

hosts::Request RequestOf(const Target& target, const ClientSymbol& client) {
  hosts::Request request;
  request.daemon = hosts::Fact::Known(target.daemon.texts.representative);
  request.server.port = target.port;
  request.server.name = hosts::Fact::Known(target.server_name.texts.representative);
  if (target.server_address) {
    request.server.address = hosts::Fact::Known(target.server_address->ToString());
  }
  const std::string& name = client.name.texts.representative;
  request.client.name = hosts::Fact::Known(name);
  request.user = hosts::Fact::Known(client.user.texts.representative);
  for (const auto& [group, member] : client.groups) request.netgroups[{group, name}] = member;
  return request;
}

bool Names(const Difference& difference, const Target& target, const ClientSymbol& client) {
  const auto same = [](const Symbol& a, const Symbol& b) {
    return a.texts.representative == b.texts.representative;
  };
  const bool subject =
      std::any_of(difference.subjects.begin(), difference.subjects.end(), [&](const Subject& one) {
        return same(one.target.daemon, target.daemon) && one.target.port == target.port &&
               same(one.target.server_name, target.server_name) &&
               one.target.server_address == target.server_address;
      });
  return subject && std::any_of(difference.clients.begin(), difference.clients.end(),
                                [&](const ClientSymbol& one) {
                                  return (one.name.any || same(one.name, client.name)) &&
                                         (one.user.any || same(one.user, client.user)) &&
                                         (one.groups.empty() || one.groups == client.groups);
                                });
}

// Those that the rules for this target tell apart.
std::vector<ClientSymbol> ClientsOf(Regions& regions, const hosts::HostsPolicy& before,
                                    const hosts::HostsPolicy& after, const Target& target) {
  ClientVocabulary vocabulary;
  for (const hosts::HostsPolicy* policy : {&before, &after}) {
    const HostsMapper mapper(regions, *policy);
    for (const auto& [index, unusable] : mapper.SpeakingTo(RequestOf(target, {})).rules) {
      vocabulary.Add(mapper.rule(index));
    }
  }
  return vocabulary.Symbols(100000).value();
}

// All addresses, in some situations of all.
void CheckAll(const RandomHosts::Files& before, const RandomHosts::Files& after,
              std::size_t checks) {
  const auto old_policy = RandomHosts::Compile(before), new_policy = RandomHosts::Compile(after);
  Regions regions;
  const auto targets = TargetsOf(regions, *old_policy, *new_policy, 1000).value();
  const auto diff = Diff(before, after);
  for (std::size_t i = 0; i < checks; ++i) {
    const Target& target = targets[i * 7 % targets.size()];
    const auto clients = ClientsOf(regions, *old_policy, *new_policy, target);
    const ClientSymbol& client = clients[i * 5 % clients.size()];
    std::string claimed(Texts().size(), ' ');
    for (const Difference& difference : diff->differences) {
      if (Names(difference, target, client)) claimed = Claimed(*diff, difference);
    }
    const std::string brute = BruteForce(before, after, RequestOf(target, client));
    const auto [at, other] = std::mismatch(claimed.begin(), claimed.end(), brute.begin());
    const auto place = static_cast<std::size_t>(at - claimed.begin());
    INFO(target.daemon.ToText() << ", " << client.name.ToText() << ", " << client.user.ToText());
    INFO("first mismatch: " << (at == claimed.end() ? "none" : Texts()[place]));
    CHECK(claimed == brute);
  }
}

TEST_CASE("every address of two blocks changes as the difference says") {
  for (std::uint32_t seed = 1; seed <= 10; ++seed) {
    RandomHosts random(seed * 31);
    const RandomHosts::Files before = random.Make();
    const RandomHosts::Files after = seed % 3 == 0 ? random.Make() : random.Change(before);
    INFO("seed " << seed << "\n-- old allow\n" << before.allow << "-- old deny\n" << before.deny);
    INFO("-- new allow\n" << after.allow << "-- new deny\n" << after.deny);
    CheckAll(before, after, 3);
  }
}

TEST_CASE("a policy does not differ from itself, nor by comments and order of like rules") {
  const RandomHosts::Files files{"sshd: 10. .lab.test\nftpd: ALL\n", "ALL: ALL\n"};
  CHECK(Diff(files, files)->differences.empty());
  CHECK(Diff(files, {"# c\nftpd: ALL\nsshd: .lab.test\nsshd: 10.\n", "ALL: ALL\n"})
            ->differences.empty());
  CHECK_FALSE(Diff(files, {"sshd: 10.\nftpd: ALL\n", "ALL: ALL\n"})->differences.empty());
}

TEST_CASE("a change names its addresses, its rules and whether it opens") {
  const auto diff =
      Diff({"sshd: 10.0.0.0/8\n", "ALL: ALL\n"}, {"sshd: 10.0.0.0/9\n", "ALL: ALL\n"});
  REQUIRE(diff->differences.size() == 1);
  const Difference& difference = diff->differences.front();
  REQUIRE(difference.subjects.size() == 1);
  CHECK(difference.subjects.front().target.daemon.ToText() == "sshd");
  REQUIRE(difference.changes.size() == 1);
  const Change& change = difference.changes.front();
  CHECK(WordsOf(diff->regions, change.addresses, 9).words ==
        std::vector<std::string>{"10.128.0.0/9"});
  CHECK(change.before.rule->file == "allow");
  CHECK(change.after.rule->file == "deny");
  CHECK_FALSE(diff->opens());
  CHECK(Diff({"", "ALL: ALL\n"}, {"sshd: 10.\n", "ALL: ALL\n"})->opens());
}

TEST_CASE("a change of one name or one user is told as that") {
  const RandomHosts::Files all{"", "ALL: ALL\n"};
  const auto name = Diff(all, {"ALL: a.lab.test\n", "ALL: ALL\n"});
  REQUIRE(name->differences.size() == 1);
  REQUIRE(name->differences.front().clients.size() == 1);
  CHECK(name->differences.front().clients.front().name.ToText() == "a.lab.test");
  CHECK(name->differences.front().changes.front().unknown_address);
  const auto user = Diff(all, {"ALL: carol@10.\n", "ALL: ALL\n"});
  REQUIRE(user->differences.size() == 1);
  CHECK(user->differences.front().clients.front().user.ToText() == "carol");
  CHECK_FALSE(user->differences.front().changes.front().unknown_address);
}

TEST_CASE("names in front of and behind a rule of the other verdict are not taken for alike") {
  const auto diff = Diff({"ALL: b.test\nALL: 10.: deny\nALL: a.test\n", "ALL: ALL\n"},
                         {"ALL: 10.: deny\nALL: a.test b.test\n", "ALL: ALL\n"});
  REQUIRE(diff->differences.size() == 1);
  REQUIRE(diff->differences.front().clients.size() == 1);
  CHECK(diff->differences.front().clients.front().name.ToText() == "b.test");
  CHECK_FALSE(diff->opens());
}

TEST_CASE("what cannot be told exactly is refused and the rule is named") {
  const auto policy = RandomHosts::Compile({"sshd@@group: ALL\n", "ALL: ALL\n"});
  const auto diff = Compare({policy, {}}, {policy, {}});
  REQUIRE_FALSE(diff);
  CHECK(diff.error().where.file == "allow");
  CHECK(diff.error().where.line == 1);
}

std::string ManyRules(std::size_t count, const char* extra) {
  std::mt19937 random(1);
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += i % 3 == 0 ? "sshd: " : "ALL: ";
    if (i % 20 == 7) {
      text += "host" + std::to_string(i) + ".lab.test\n";
      continue;
    }
    const auto number = static_cast<std::uint32_t>(random());
    text += IpAddress::FromV4(i % 2 == 0 ? number : number & 0xffffff00).ToString();
    text += i % 2 == 0 ? "\n" : "/24\n";
    if (i == count / 2) text += extra;
  }
  return text;
}

TEST_CASE("policies of 15,000 rules are compared in about a second") {
  const auto before = RandomHosts::Compile({"", ManyRules(15000, "")});
  const auto after = RandomHosts::Compile({"", ManyRules(15000, "ALL: 77.77.0.0/16\n")});
  const auto start = std::chrono::steady_clock::now();
  const auto diff = Compare({before, {}}, {after, {}});
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  REQUIRE(diff);
  CHECK_FALSE((*diff)->differences.empty());
  CHECK_FALSE((*diff)->opens());
  // The machine may be busy with other tests; a cost that grows with pairs of rules is minutes.
  CHECK(took.count() < 10);
}

}  // namespace
}  // namespace postern::policy::analysis
