// SPDX-License-Identifier: BSD-2-Clause
// Address decisions a second against the number of rules.
//
// Prints one row a size: the time to compile the list, the decisions a second for clients from
// anywhere and for clients the list holds, and the cost against the smallest list. The rules are
// no_access blocks in random places, half of them IPv4 (/16 to /32), half IPv6 (/32 to /64).
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <random>
#include <utility>
#include <variant>
#include <vector>

#include "policy/decision/evaluate.h"

namespace {

using postern::policy::AccessList;
using postern::policy::AddressWord;
using postern::policy::CidrBlock;
using postern::policy::Deny;
using postern::policy::IpAddress;
using postern::policy::ServiceSpec;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kClients = 1 << 16;
constexpr int kRounds = 5;
constexpr int kPasses = 16;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

IpAddress RandomAddress(std::mt19937_64& random) {
  const std::uint64_t bits = random();
  if (random() % 2 == 0) return IpAddress::FromV4(static_cast<std::uint32_t>(bits));
  IpAddress::Bytes16 bytes{0x20, 0x01};
  for (std::size_t i = 2; i < 10; ++i) bytes[i] = static_cast<std::uint8_t>(bits >> (8 * (i - 2)));
  return IpAddress::FromV6(bytes);
}

std::vector<AddressWord> RandomRules(std::size_t count) {
  std::mt19937_64 random(count);
  std::vector<AddressWord> words(count);
  for (AddressWord& word : words) {
    const IpAddress base = RandomAddress(random);
    const int length =
        base.is_v4() ? 16 + static_cast<int>(random() % 17) : 32 + static_cast<int>(random() % 33);
    word.blocks.push_back(*CidrBlock::Make(base, length));
  }
  return words;
}

struct Speed {
  double per_second = 0;
  double denied = 0;  // share of the clients
};

// The best of some rounds: what disturbs a run only ever makes it slower.
Speed Decide(const ServiceSpec& spec, const std::vector<IpAddress>& clients) {
  Speed best;
  for (int round = 0; round < kRounds; ++round) {
    std::size_t denied = 0;
    const auto start = Clock::now();
    for (int pass = 0; pass < kPasses; ++pass) {
      for (const IpAddress& client : clients) {
        if (std::holds_alternative<Deny>(EvaluateAddress(spec, client))) ++denied;
      }
    }
    const double decisions = static_cast<double>(clients.size()) * kPasses;
    best.per_second = std::max(best.per_second, decisions / SecondsSince(start));
    best.denied = static_cast<double>(denied) / decisions;
  }
  return best;
}

struct Row {
  double build_ms = 0;
  Speed anyone, held;
};

Row Measure(std::size_t rules) {
  std::vector<AddressWord> words = RandomRules(rules);
  const auto start = Clock::now();
  ServiceSpec spec;
  spec.no_access = std::make_shared<const AccessList>(std::move(words));
  Row row;
  row.build_ms = SecondsSince(start) * 1000;
  std::mt19937_64 random(7);
  std::vector<IpAddress> anyone, held;
  for (std::size_t i = 0; i < kClients; ++i) {
    anyone.push_back(RandomAddress(random));
    held.push_back(spec.no_access->words()[random() % rules].blocks[0].base());
  }
  row.anyone = Decide(spec, anyone);
  row.held = Decide(spec, held);
  return row;
}

}  // namespace

int main() {
  std::puts(
      "                       from anywhere            from listed blocks      cost against 10 "
      "rules");
  std::puts(
      "   rules  build ms  decisions/s denied      decisions/s denied        anywhere     listed");
  Row first;
  for (const std::size_t rules : {10u, 1'000u, 10'000u, 100'000u}) {
    const Row row = Measure(rules);
    if (rules == 10) first = row;
    std::printf("%8zu %9.2f %12.0f %5.0f%% %16.0f %5.0f%% %15.2f %10.2f\n", rules, row.build_ms,
                row.anyone.per_second, row.anyone.denied * 100, row.held.per_second,
                row.held.denied * 100, first.anyone.per_second / row.anyone.per_second,
                first.held.per_second / row.held.per_second);
  }
}
