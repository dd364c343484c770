// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/filter/bpf_evaluator.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <catch2/catch.hpp>

namespace postern::sandbox::filter {
namespace {

constexpr FilterInstruction kAllow = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
constexpr FilterInstruction kKill = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS};

FilterInstruction Load(std::uint32_t offset) { return {BPF_LD | BPF_W | BPF_ABS, 0, 0, offset}; }

FilterInstruction If(int test, std::uint32_t operand, std::uint8_t yes, std::uint8_t no) {
  return {static_cast<std::uint16_t>(BPF_JMP | test | BPF_K), yes, no, operand};
}

// Whether the word of the call's facts at `offset` passes the test.
bool Passes(std::uint32_t offset, int test, std::uint32_t operand, const CallFacts& facts) {
  const auto action = Evaluate({Load(offset), If(test, operand, 0, 1), kAllow, kKill}, facts);
  REQUIRE(action);
  return *action == SECCOMP_RET_ALLOW;
}

TEST_CASE("Every word of a call's facts is where the kernel has it") {
  const CallFacts facts{1, 2, 0x400000003, {0x600000005, 7, 8, 9, 10, 0x1000000011}};
  const std::pair<std::uint32_t, std::uint32_t> kWords[] = {
      {0, 1}, {4, 2}, {8, 3}, {12, 4}, {16, 5}, {20, 6}, {24, 7}, {28, 0}, {56, 0x11}, {60, 0x10}};
  for (const auto& [offset, value] : kWords) {
    INFO(offset);
    CHECK(Passes(offset, BPF_JEQ, value, facts));
    CHECK(!Passes(offset, BPF_JEQ, value + 1, facts));
  }
}

TEST_CASE("Comparisons are of unsigned numbers") {
  const CallFacts facts{0xffffffff, 0, 0, {}};
  CHECK(Passes(0, BPF_JGT, 0x7fffffff, facts));
  CHECK(!Passes(0, BPF_JGT, 0xffffffff, facts));
  CHECK(Passes(0, BPF_JGE, 0xffffffff, facts));
  CHECK(Passes(0, BPF_JSET, 0x80000000, facts));
  CHECK(!Passes(4, BPF_JSET, 0xffffffff, facts));
  CHECK(Passes(4, BPF_JGE, 0, facts));
  CHECK(!Passes(4, BPF_JGT, 0, facts));
}

TEST_CASE("A mask and a long jump do what they say") {
  const FilterProgram masked = {
      Load(16), {BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xf0}, If(BPF_JEQ, 0x30, 0, 1), kAllow, kKill};
  CHECK(Evaluate(masked, {0, 0, 0, {0x3f}}) == SECCOMP_RET_ALLOW);
  CHECK(Evaluate(masked, {0, 0, 0, {0x4f}}) == SECCOMP_RET_KILL_PROCESS);
  FilterProgram jump(1000, kKill);
  jump.front() = {BPF_JMP | BPF_JA, 0, 0, 998};
  jump.back() = kAllow;
  CHECK(Evaluate(jump, {}) == SECCOMP_RET_ALLOW);
}

TEST_CASE("A program that leaves itself, or is none, is refused") {
  const FilterProgram kBad[] = {
      {},
      {Load(0)},                       // no return
      {Load(64), kAllow},              // outside the facts
      {Load(2), kAllow},               // between two words
      {If(BPF_JEQ, 0, 1, 0), kAllow},  // past the end
      {If(BPF_JEQ, 0, 0, 1), kAllow},
      {{BPF_JMP | BPF_JA, 0, 0, 1}, kAllow},
      {{BPF_JMP | BPF_JA, 0, 0, 0xffffffff}, kAllow},  // backwards
      {{BPF_ALU | BPF_AND | BPF_K, 0, 0, 1}},
      {{BPF_RET | BPF_A, 0, 0, 0}},  // not of ours
      {{BPF_ALU | BPF_DIV | BPF_K, 0, 0, 0}, kAllow},
      {{BPF_LD | BPF_B | BPF_ABS, 0, 0, 0}, kAllow},
      {{0xffff, 0, 0, 0}, kAllow},
  };
  for (const FilterProgram& program : kBad) {
    CHECK(!CheckProgram(program));
    CHECK(!Evaluate(program, {}));
  }
  CHECK(CheckProgram(FilterProgram(BPF_MAXINSNS, kAllow)));
  const auto too_long = CheckProgram(FilterProgram(BPF_MAXINSNS + 1, kAllow));
  REQUIRE(!too_long);
  CHECK(too_long.error().number == E2BIG);
  CHECK(CheckProgram({Load(0), Load(1), kAllow}).error().object == "instruction 1");
}

TEST_CASE("Answers have words") {
  CHECK(ActionText(SECCOMP_RET_ALLOW) == "allow");
  CHECK(ActionText(SECCOMP_RET_KILL_PROCESS) == "kill");
  CHECK(ActionText(SECCOMP_RET_ERRNO | 38) == "errno 38");
  CHECK(ActionText(SECCOMP_RET_LOG) == "log");
  CHECK(ActionText(SECCOMP_RET_USER_NOTIF) == "notify");
  CHECK(ActionText(SECCOMP_RET_TRAP) == "196608");
}

}  // namespace
}  // namespace postern::sandbox::filter
