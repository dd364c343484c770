// SPDX-License-Identifier: BSD-2-Clause
// The difference of two policies against brute force: every address of a /16 and of an IPv6 /112,
// asked of both policies by Evaluate(), for each daemon, name and user of a few.
#include "policy/analysis/policy_diff.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <ctime>

#include "policy/analysis/region_words.h"
#include "tests/testlib/random_hosts.h"
#include "tests/testlib/slow_build.h"

namespace postern::policy::analysis {
namespace {

using testlib::RandomHosts;

constexpr unsigned kEveryAddress = 0x10000;
constexpr double kSlowness = testlib::kSlowBuild ? 30 : 1;
constexpr std::uint32_t kTrials = testlib::kSlowBuild ? 3 : 10;

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

// What a client gets: its verdict and, behind it, the options that act.
std::string Treatment(const hosts::Verdict& verdict) {
  const auto* allow = std::get_if<hosts::Allow>(&verdict);
  const auto* deny = std::get_if<hosts::Deny>(&verdict);
  std::string text = allow != nullptr ? "+" : "-";
  const hosts::Rule* const rule = allow != nullptr ? allow->rule : deny->rule;
  const bool passed_over = deny != nullptr && deny->reason == hosts::Reason::kPatternFile;
  if (rule == nullptr || !rule->options || passed_over) return text;
  for (const hosts::OptionAction& action : rule->options->actions) {
    text += ':' + hosts::OptionText(action);
  }
  if (rule->options->end == hosts::OptionProgram::End::kTwist) {
    text += ":twist " + rule->options->twist_command;
  }
  return text;
}

std::string Ask(const hosts::HostsPolicy& policy, hosts::Request& request) {
  while (true) {
    const hosts::Verdict verdict = hosts::Evaluate(policy, request);
    const auto* need = std::get_if<hosts::NeedFact>(&verdict);
    if (need == nullptr) return Treatment(verdict);
    request.netgroups[{need->need.group, need->need.host}] = false;
  }
}

char EffectOf(Change::Kind kind) {
  switch (kind) {
    case Change::Kind::kOpens:
      return '+';
    case Change::Kind::kCloses:
      return '-';
    case Change::Kind::kOptions:
      break;
  }
  return 'o';
}

// The changes the diff has for one subject and client, one byte an address: '+' opens,
// '-' closes, 'o' has other options.
std::string Claimed(PolicyDiff& diff, const Difference& difference) {
  std::string claimed(Texts().size(), ' ');
  for (const Change& change : difference.changes) {
    const BitDiagrams::Node node = diff.regions.NodeOf(change.addresses);
    for (unsigned i = 0; i < claimed.size(); ++i) {
      if (diff.regions.diagrams().At(node, AddressAt(i)) != 0) {
        claimed[i] = EffectOf(change.kind());
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
    const std::string was = Ask(*old_policy, request), is = Ask(*new_policy, request);
    if (was != is) changes[i] = was.front() == is.front() ? 'o' : is.front();
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
    Consequences deeds;
    const HostsMapper mapper(regions, *policy, deeds);
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
  for (std::uint32_t seed = 1; seed <= kTrials; ++seed) {
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
  CHECK_FALSE(diff->widens());
  CHECK(Diff({"", "ALL: ALL\n"}, {"sshd: 10.\n", "ALL: ALL\n"})->widens());
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
  CHECK_FALSE(diff->widens());
}

TEST_CASE("options that change under a verdict that stays are a change of their own") {
  const RandomHosts::Files all{"", "ALL: ALL\n"};
  const auto diff =
      Diff({"sshd: 10. : severity info : umask 027\n", "ALL: ALL\n"},
           {"sshd: 10.0.0.0/255.128.0.0 : severity info : umask 27\nsshd: 10.\n", "ALL: ALL\n"});
  REQUIRE(diff->differences.size() == 1);
  REQUIRE(diff->differences.front().changes.size() == 1);
  const Change& change = diff->differences.front().changes.front();
  CHECK(change.kind() == Change::Kind::kOptions);
  CHECK(WordsOf(diff->regions, change.addresses, 9).words ==
        std::vector<std::string>{"10.128.0.0/9"});
  CHECK(change.before.rule->line == 1);
  CHECK(change.after.rule->line == 2);
  CHECK(diff->deeds.Text(change.before.deeds) == "severity info : umask 27");
  CHECK(diff->deeds.Text(change.after.deeds).empty());
  CHECK_FALSE(change.unknown_address);
  const auto refused = Diff(all, {"", "ALL: ALL: spawn a\n"});
  REQUIRE(refused->differences.size() == 1);
  CHECK(refused->differences.front().changes.front().kind() == Change::Kind::kOptions);
  CHECK(refused->differences.front().changes.front().unknown_address);
  CHECK_FALSE(refused->widens());
}

TEST_CASE("names that the same verdict reaches with other options are not taken for alike") {
  const auto diff = Diff({"ALL: a.test: spawn a\nALL: b.test\n", "ALL: ALL\n"},
                         {"ALL: a.test b.test\n", "ALL: ALL\n"});
  REQUIRE(diff->differences.size() == 1);
  REQUIRE(diff->differences.front().clients.size() == 1);
  CHECK(diff->differences.front().clients.front().name.ToText() == "a.test");
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

// Seconds of this process, so that other tests on the machine do not count.
double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

TEST_CASE("policies of 15,000 rules are compared in less than a second") {
  const auto before = RandomHosts::Compile({"", ManyRules(15000, "")});
  const auto after = RandomHosts::Compile({"", ManyRules(15000, "ALL: 77.77.0.0/16\n")});
  const double start = CpuSeconds();
  const auto diff = Compare({before, {}}, {after, {}});
  const double took = CpuSeconds() - start;
  REQUIRE(diff);
  CHECK_FALSE((*diff)->differences.empty());
  CHECK_FALSE((*diff)->widens());
  CHECK(took < 1.0 * kSlowness);
}

// A network in three, names, domains with an EXCEPT and globs.
std::string MixedRules(std::size_t count, std::size_t changed) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    const std::string block = std::to_string(i % 223 + 1) + "." + std::to_string(i % 251) + ".";
    const std::string rules[] = {"host" + number + ".lab.test",
                                 ".d" + number + ".test EXCEPT bad.d" + number + ".test",
                                 block + "0.0/16 EXCEPT " + block + "1.2",
                                 "web" + std::to_string(i / 10 % 20) + "*.lab.test",
                                 block + "7.0/24",
                                 "host" + number + ".lab.test",
                                 ".sub" + number + ".example",
                                 block + "9.9"};
    text += (i % 3 == 0 ? "sshd: " : "ALL: ") + rules[i == changed ? 7 : i % 8] + "\n";
  }
  return text;
}

TEST_CASE("a mix of names, globs and EXCEPT of 15,000 rules takes less than a second") {
  const auto before = RandomHosts::Compile({MixedRules(15000, 15000), "ALL: ALL\n"});
  const auto after = RandomHosts::Compile({MixedRules(15000, 5000), "ALL: ALL\n"});
  const double start = CpuSeconds();
  const auto diff = Compare({before, {}}, {after, {}});
  const double took = CpuSeconds() - start;
  REQUIRE(diff);
  CHECK((*diff)->widens());
  CHECK(took < 1.0 * kSlowness);
}

// These took minutes and gigabytes.
TEST_CASE("what would take too much is refused, and a rule is named") {
  std::string globs;
  for (int i = 0; i < 200; ++i) globs += "ALL: *n" + std::to_string(i) + "*\n";
  for (const std::string& rules : {globs, "ALL: *a" + std::string(20, '?') + "\n"}) {
    const double start = CpuSeconds();
    const auto policy = RandomHosts::Compile({rules, "ALL: ALL\n"});
    const auto diff = Compare({policy, {}}, {policy, {}});
    CHECK(CpuSeconds() - start < 10 * kSlowness);
    REQUIRE_FALSE(diff);
    CHECK(diff.error().where.file == "allow");
    CHECK(diff.error().where.line > 0);
  }
}

TEST_CASE("work that grows with names, rules or daemons has an end, at a rule") {
  std::string names, daemons;
  for (int i = 0; i < 200; ++i) {
    const std::string number = std::to_string(i), net = "10." + number + ".";
    names += "ALL: h" + number + ".test EXCEPT " + net + (i % 2 == 0 ? ": allow\n" : ": deny\n");
    daemons += "d" + number + "*: ALL EXCEPT " + net + "\n";
  }
  for (const std::string& rules : {names, daemons}) {
    const auto policy = RandomHosts::Compile({rules, "ALL: ALL\n"});
    CHECK(Compare({policy, {}}, {policy, {}}));
    const auto refused = Compare({policy, {}}, {policy, {}}, 10000);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().where.file == "allow");
    CHECK(refused.error().where.line > 0);
  }
}

TEST_CASE("many daemons and many users are compared nevertheless") {
  std::string daemons, users;
  for (int i = 0; i < 3000; ++i) daemons += "d" + std::to_string(i) + ": 10.1.2.3\n";
  for (int i = 0; i < 150; ++i) {
    users += "ALL: u" + std::to_string(i) + "@h" + std::to_string(i) + ".test\n";
  }
  for (const std::string& rules : {daemons, users}) {
    CHECK(Diff({rules, "ALL: ALL\n"}, {rules + "ALL: 1.2.3.4\n", "ALL: ALL\n"})->widens());
  }
}

}  // namespace
}  // namespace postern::policy::analysis
