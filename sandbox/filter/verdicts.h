// SPDX-License-Identifier: BSD-2-Clause
// Short ways to write the rows of argument_rules.cc and network_rules.cc.
#pragma once

#include <linux/seccomp.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "sandbox/filter/call_table.h"

namespace postern::sandbox::filter {

inline constexpr std::uint64_t kLow32 = 0xffffffff;  // all that the kernel reads of an int
inline constexpr std::uint64_t kAll64 = ~std::uint64_t{0};

constexpr std::uint32_t Refusal(int error) {
  return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error);
}

inline CallVerdict Refuse(int error) { return {Refusal(error), Refusal(error), {}}; }

inline CallVerdict AllowOnly(std::vector<ArgumentClause> clauses, int error) {
  return {Refusal(error), SECCOMP_RET_ALLOW, std::move(clauses)};
}

inline CallVerdict RefuseIf(std::vector<ArgumentClause> clauses, int error) {
  return {SECCOMP_RET_ALLOW, Refusal(error), std::move(clauses)};
}

// The lower half of an argument is one of `values`.
inline ArgumentTest Int(std::uint8_t index, std::vector<std::uint64_t> values) {
  return {index, kLow32, std::move(values)};
}

// Of these bits none is set.
inline ArgumentTest NoneOf(std::uint8_t index, std::uint64_t bits) { return {index, bits, {0}}; }

}  // namespace postern::sandbox::filter
