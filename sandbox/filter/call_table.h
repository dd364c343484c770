// SPDX-License-Identifier: BSD-2-Clause
// What a filter answers to each call, before it is a program.
#pragma once

#include <cstdint>
#include <vector>

namespace postern::sandbox::filter {

// Holds when argument & mask is one of `values`. The kernel passes 64 bits; where it looks at the
// lower 32 only (int, unsigned int), so must the mask, or the upper half could hide what is asked.
struct ArgumentTest {
  std::uint8_t index = 0;
  std::uint64_t mask = 0;
  std::vector<std::uint64_t> values;
  friend bool operator==(const ArgumentTest&, const ArgumentTest&) = default;
};

// Holds when all its tests do.
using ArgumentClause = std::vector<ArgumentTest>;

struct CallVerdict {
  std::uint32_t action = 0;             // SECCOMP_RET_…, when no clause holds
  std::uint32_t matched = 0;            // when one does
  std::vector<ArgumentClause> clauses;  // none: the arguments do not matter
  friend bool operator==(const CallVerdict&, const CallVerdict&) = default;
};

// By number, 0 to kHighestCall.
using CallTable = std::vector<CallVerdict>;

}  // namespace postern::sandbox::filter
