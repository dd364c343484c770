// SPDX-License-Identifier: BSD-2-Clause
// The map of all addresses against the decision about each: every address of a /16 and of an IPv6
// /112, for random policies that use every construct.
#include "policy/analysis/verdict_map.h"

#include <catch2/catch.hpp>

#include "policy/decision/evaluate.h"
#include "tests/testlib/random_hosts.h"
#include "tests/testlib/slow_build.h"

namespace postern::policy::analysis {
namespace {

using testlib::RandomHosts;

constexpr std::uint32_t kNet = 0xc0000000;
constexpr std::uint32_t kTrials = testlib::kSlowBuild ? 3 : 10;

hosts::Request RequestOf(const std::string& daemon, const std::string& name,
                         const std::string& user) {
  hosts::Request request;
  request.daemon = hosts::Fact::Known(daemon);
  request.client.name = hosts::Fact::Known(name);
  request.user = hosts::Fact::Known(user);
  request.server.name = hosts::Fact::Unknown();
  request.server.port = daemon == "sshd" ? 22 : 21;
  request.server.address = hosts::Fact::Known(name == "alpha" ? "192.0.0.1" : "192.0.0.2");
  request.netgroups[{"group", name}] = name == "alpha";
  return request;
}

IpAddress V6(unsigned low) {
  IpAddress::Bytes16 bytes{0x20, 0x01, 0x0d, 0xb8};
  bytes[14] = static_cast<std::uint8_t>(low >> 8);
  bytes[15] = static_cast<std::uint8_t>(low & 0xff);
  return IpAddress::FromV6(bytes);
}

std::vector<IpAddress> BothBlocks() {
  std::vector<IpAddress> addresses;
  for (unsigned low = 0; low < 0x10000; ++low) {
    addresses.push_back(IpAddress::FromV4(kNet | low));
    addresses.push_back(V6(low));
  }
  return addresses;
}

// "allow RULE" as Evaluate() has it, RULE by its place in memory.
struct Decided {
  bool allowed;
  const SourceLocation* rule;
  friend bool operator==(const Decided&, const Decided&) = default;
};

Decided Ask(const hosts::HostsPolicy& policy, hosts::Request& request, const std::string& address) {
  request.client.address = hosts::Fact::Known(address);
  const hosts::Verdict verdict = hosts::Evaluate(policy, request);
  const auto where = [](const hosts::Rule* rule) { return rule ? &rule->where : nullptr; };
  if (const auto* allow = std::get_if<hosts::Allow>(&verdict)) return {true, where(allow->rule)};
  const auto& deny = std::get<hosts::Deny>(verdict);
  const bool abandoned = deny.reason == hosts::Reason::kTableAbandoned;
  return {false, abandoned ? &policy.deny().end_where : where(deny.rule)};
}

std::size_t Mismatches(const hosts::HostsPolicy& policy, hosts::Request request,
                       const std::vector<IpAddress>& addresses,
                       const std::vector<std::string>& texts) {
  Regions regions;
  Consequences deeds;
  const VerdictMap map = MapHosts(regions, policy, request, deeds);
  REQUIRE_FALSE(regions.diagrams().exhausted());
  std::size_t mismatches = 0;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const Outcome& mapped = map.At(regions, addresses[i]);
    if (Decided{mapped.allowed, mapped.rule} == Ask(policy, request, texts[i])) continue;
    if (++mismatches == 1) UNSCOPED_INFO("first mismatch: " << texts[i]);
  }
  return mismatches;
}

std::vector<std::string> TextsOf(const std::vector<IpAddress>& addresses) {
  std::vector<std::string> texts;
  for (const IpAddress& address : addresses) texts.push_back(address.ToString());
  return texts;
}

TEST_CASE("every address of two blocks gets the verdict and the rule that Evaluate gives it") {
  const std::vector<IpAddress> addresses = BothBlocks();
  const std::vector<std::string> texts = TextsOf(addresses);
  for (std::uint32_t seed = 1; seed <= kTrials; ++seed) {
    RandomHosts random(seed);
    const RandomHosts::Files files = random.Make();
    const auto policy = RandomHosts::Compile(files);
    INFO("seed " << seed << "\nhosts.allow:\n" << files.allow << "hosts.deny:\n" << files.deny);
    const auto request = RequestOf(RandomHosts::Daemons()[seed % 3], RandomHosts::Names()[seed % 7],
                                   RandomHosts::Users()[seed % 2]);
    CHECK(Mismatches(*policy, request, addresses, texts) == 0);
  }
}

TEST_CASE("many policies, daemons, names and users agree on addresses from anywhere") {
  std::mt19937 random(7);
  std::vector<IpAddress> addresses;
  for (unsigned i = 0; i < 60; ++i) {
    const auto number = static_cast<std::uint32_t>(random());
    addresses.push_back(IpAddress::FromV4(kNet | (number & 0xffff)));
    addresses.push_back(V6(number & 0xffff));
    addresses.push_back(IpAddress::FromV4(number));
  }
  for (const char* text :
       {"255.255.255.255", "0.0.0.0", "::", "::1", "::ffff:0:1",
        "2001:db8:0:1::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "a::b:0:0:c",
        "1:0:2:0:3:0:4:0", "::fffe:ffff:ffff", "::1:0:0:0", "2001:db8::", "2001:db8::10:5"}) {
    addresses.push_back(IpAddress::Parse(text).value());
  }
  const std::vector<std::string> texts = TextsOf(addresses);
  for (std::uint32_t seed = 100; seed < 100 + 5 * kTrials; ++seed) {
    RandomHosts source(seed);
    const RandomHosts::Files files = source.Make();
    const auto policy = RandomHosts::Compile(files);
    INFO("seed " << seed << "\nhosts.allow:\n" << files.allow << "hosts.deny:\n" << files.deny);
    for (std::size_t i = 0; i < 3; ++i) {
      const auto request = RequestOf(RandomHosts::Daemons()[i], RandomHosts::Names()[random() % 7],
                                     RandomHosts::Users()[random() % 3]);
      CHECK(Mismatches(*policy, request, addresses, texts) == 0);
    }
  }
}

}  // namespace
}  // namespace postern::policy::analysis
