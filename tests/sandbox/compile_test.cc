// SPDX-License-Identifier: BSD-2-Clause
// The oracle is the table itself, read as call_table.h says.
#include "sandbox/filter/compile.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "sandbox/filter/bpf_evaluator.h"
#include "sandbox/filter/call_numbers.h"
#include "tests/testlib/call_table_oracle.h"

namespace postern::sandbox::filter {
namespace {

constexpr std::uint32_t kActions[] = {SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS,
                                      SECCOMP_RET_ERRNO | 1, SECCOMP_RET_ERRNO | 13,
                                      SECCOMP_RET_LOG};

class Dice {
 public:
  explicit Dice(std::uint32_t seed) : random_(seed) {}

  std::uint64_t Below(std::uint64_t bound) { return random_() % bound; }

  // Few values, in both halves, so that one often equals another in one half only.
  std::uint64_t Word() { return (Below(3) << 32) | Below(3); }

  std::uint64_t Mask() {
    constexpr std::uint64_t kMasks[] = {~0ULL, 0xffffffff, 1, 0x200000001, 3ULL << 32};
    return kMasks[Below(std::size(kMasks))];
  }

  std::uint32_t Action() { return kActions[Below(std::size(kActions))]; }

 private:
  std::mt19937_64 random_;
};

CallVerdict RandomVerdict(Dice& dice) {
  CallVerdict verdict{dice.Action(), dice.Action(), {}};
  if (dice.Below(3) != 0) return verdict;
  for (std::uint64_t clauses = 1 + dice.Below(3); clauses > 0; --clauses) {
    ArgumentClause clause;
    for (std::uint64_t tests = 1 + dice.Below(3); tests > 0; --tests) {
      ArgumentTest test{static_cast<std::uint8_t>(dice.Below(6)), dice.Mask(), {}};
      for (std::uint64_t values = 1 + dice.Below(3); values > 0; --values) {
        test.values.push_back(dice.Word() & (dice.Below(8) == 0 ? ~0ULL : test.mask));
      }
      clause.push_back(std::move(test));
    }
    verdict.clauses.push_back(std::move(clause));
  }
  return verdict;
}

// Of `size` calls, the neighbours often alike.
CallTable RandomTable(Dice& dice, std::size_t size) {
  CallTable table;
  const std::uint64_t alike = 1 + dice.Below(8);
  while (table.size() < size) {
    table.push_back(!table.empty() && dice.Below(alike) != 0 ? table.back() : RandomVerdict(dice));
  }
  return table;
}

TEST_CASE("A program answers as its table does, whatever the arguments") {
  Dice dice(1);
  std::size_t longest = 0;
  for (int round = 0; round < 60; ++round) {
    const CallTable table = RandomTable(dice, 1 + dice.Below(kHighestCall + 1));
    const auto program = Compile(table);
    if (!program) {
      CHECK(program.error().number == E2BIG);
      continue;
    }
    longest = std::max(longest, program->size());
    REQUIRE(CheckProgram(*program));
    for (int question = 0; question < 500; ++question) {
      CallFacts facts{
          static_cast<std::uint32_t>(dice.Below(table.size() + 2)), kArchitecture, 0, {}};
      for (std::uint64_t& argument : facts.arguments) argument = dice.Word();
      if (Evaluate(*program, facts) != testlib::AnswerOf(table, facts))
        FAIL(round << ' ' << facts.number);
    }
  }
  CHECK(longest > 1000);  // conditional jumps were too short for some
}

TEST_CASE("What is no call of the table gets the answer of the frame") {
  const CallTable table(3, {SECCOMP_RET_ALLOW, 0, {}});
  const auto program = Compile(table);
  REQUIRE(program);
  for (const std::uint32_t number :
       {0U, 2U, 3U, 0x3fffffffU, 0x40000000U, 0x40000002U, 0x80000000U, 0xffffffffU}) {
    const CallFacts facts{number, kArchitecture, 0, {}};
    CHECK(Evaluate(*program, facts) == testlib::AnswerOf(table, facts));
    const CallFacts foreign{number, AUDIT_ARCH_I386, 0, {}};
    CHECK(Evaluate(*program, foreign) == SECCOMP_RET_KILL_PROCESS);
  }
}

TEST_CASE("Calls alike in a row cost one comparison") {
  CallTable table(kHighestCall + 1, {SECCOMP_RET_ALLOW, 0, {}});
  const std::size_t shortest = Compile(table)->size();
  table[100].action = table[101].action = SECCOMP_RET_KILL_PROCESS;
  CHECK(Compile(table)->size() == shortest + 2);
}

TEST_CASE("A table that says nothing, or nonsense, is refused") {
  CHECK(!Compile({}));
  CHECK(!Compile(CallTable(kHighestCall + 2)));
  CHECK(!Compile({{0, 0, {ArgumentClause{}}}}));
  CHECK(!Compile({{0, 0, {{{6, 1, {0}}}}}}));
  CHECK(!Compile({{0, 0, {{{0, 1, {}}}}}}));
}

TEST_CASE("A program that the kernel would not take is an error") {
  CallTable table(kHighestCall + 1);
  for (std::uint32_t number = 0; number < table.size(); ++number) {
    table[number].clauses = {{{0, 0xffffffff, {}}}};
    for (std::uint64_t value = 0; value < 20; ++value) {
      table[number].clauses[0][0].values.push_back(number * 20 + value);
    }
    table[number].matched = SECCOMP_RET_ALLOW;
  }
  const auto program = Compile(table);
  REQUIRE(!program);
  CHECK(program.error().number == E2BIG);
}

}  // namespace
}  // namespace postern::sandbox::filter
