// SPDX-License-Identifier: BSD-2-Clause
// Runs a filter as the kernel would, without the kernel: for tests, and for whoever wants to be
// told what a service may call.
//
// It knows the instructions that filters of ours and of libseccomp are made of, and refuses others.
// Fuzzed by fuzz/filter_program_fuzz.cc.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "sandbox/profile.h"
#include "sandbox/sys/error.h"

namespace postern::sandbox::filter {

// The kernel's struct seccomp_data.
struct CallFacts {
  std::uint32_t number = 0;
  std::uint32_t architecture = 0;
  std::uint64_t instruction_pointer = 0;
  std::array<std::uint64_t, 6> arguments{};
};

// Whether every way through the program stays inside and ends in a return: EINVAL and the place of
// the instruction, or E2BIG.
sys::Status CheckProgram(const FilterProgram& program);

// The answer, SECCOMP_RET_… with its data. Checks the program first.
sys::Result<std::uint32_t> Evaluate(const FilterProgram& program, const CallFacts& facts);

// "allow", "kill", "errno 1", "log", "notify", or the number of another.
std::string ActionText(std::uint32_t action);

}  // namespace postern::sandbox::filter
