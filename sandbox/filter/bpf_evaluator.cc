// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/filter/bpf_evaluator.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <bit>
#include <cstddef>

namespace postern::sandbox::filter {
namespace {

using Words = std::array<std::uint32_t, sizeof(seccomp_data) / sizeof(std::uint32_t)>;

constexpr int kLoad = BPF_LD | BPF_W | BPF_ABS;
constexpr int kAnd = BPF_ALU | BPF_AND | BPF_K;
constexpr int kReturn = BPF_RET | BPF_K;
constexpr int kJump = BPF_JMP | BPF_JA;
constexpr int kIfEqual = BPF_JMP | BPF_JEQ | BPF_K;
constexpr int kIfGreater = BPF_JMP | BPF_JGT | BPF_K;
constexpr int kIfNotLess = BPF_JMP | BPF_JGE | BPF_K;
constexpr int kIfAnyBit = BPF_JMP | BPF_JSET | BPF_K;

sys::Status IsSound(const FilterInstruction& instruction, std::size_t left) {
  bool sound = false;
  switch (instruction.code) {
    case kLoad:
      sound = left > 0 && instruction.operand % sizeof(std::uint32_t) == 0 &&
              instruction.operand < sizeof(seccomp_data);
      break;
    case kAnd:
      sound = left > 0;
      break;
    case kReturn:
      sound = true;
      break;
    case kJump:
      sound = instruction.operand < left;
      break;
    case kIfEqual:
    case kIfGreater:
    case kIfNotLess:
    case kIfAnyBit:
      sound = instruction.jump_true < left && instruction.jump_false < left;
      break;
    default:
      break;
  }
  if (sound) return {};
  return std::unexpected(sys::Error{"bpf", EINVAL, ""});
}

bool Holds(const FilterInstruction& test, std::uint32_t accumulator) {
  if (test.code == kIfEqual) return accumulator == test.operand;
  if (test.code == kIfGreater) return accumulator > test.operand;
  if (test.code == kIfNotLess) return accumulator >= test.operand;
  return (accumulator & test.operand) != 0;
}

Words LayOut(const CallFacts& facts) {
  seccomp_data data{};
  data.nr = std::bit_cast<int>(facts.number);
  data.arch = facts.architecture;
  data.instruction_pointer = facts.instruction_pointer;
  for (std::size_t i = 0; i < facts.arguments.size(); ++i) data.args[i] = facts.arguments[i];
  return std::bit_cast<Words>(data);
}

}  // namespace

sys::Status CheckProgram(const FilterProgram& program) {
  if (program.empty()) return std::unexpected(sys::Error{"bpf", EINVAL, "empty program"});
  if (program.size() > BPF_MAXINSNS) {
    return std::unexpected(sys::Error{"bpf", E2BIG, "system call filter"});
  }
  for (std::size_t i = 0; i < program.size(); ++i) {
    sys::Status sound = IsSound(program[i], program.size() - i - 1);
    if (sound) continue;
    sound.error().object = "instruction " + std::to_string(i);
    return sound;
  }
  return {};
}

sys::Result<std::uint32_t> Evaluate(const FilterProgram& program, const CallFacts& facts) {
  TRY_STATUS(CheckProgram(program));
  const Words data = LayOut(facts);
  std::uint32_t accumulator = 0;
  // Every step goes forward, and the check has seen that none leaves the program.
  for (std::size_t i = 0;; ++i) {
    const FilterInstruction& instruction = program[i];
    switch (instruction.code) {
      case kLoad:
        accumulator = data[instruction.operand / sizeof(std::uint32_t)];
        break;
      case kAnd:
        accumulator &= instruction.operand;
        break;
      case kReturn:
        return instruction.operand;
      case kJump:
        i += instruction.operand;
        break;
      default:
        i += Holds(instruction, accumulator) ? instruction.jump_true : instruction.jump_false;
        break;
    }
  }
}

std::string ActionText(std::uint32_t action) {
  const std::uint32_t data = action & SECCOMP_RET_DATA;
  switch (action & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ALLOW:
      return "allow";
    case SECCOMP_RET_KILL_PROCESS:
      return "kill";
    case SECCOMP_RET_ERRNO:
      return "errno " + std::to_string(data);
    case SECCOMP_RET_LOG:
      return "log";
    case SECCOMP_RET_USER_NOTIF:
      return "notify";
    default:
      return std::to_string(action);
  }
}

}  // namespace postern::sandbox::filter
