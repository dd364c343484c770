// SPDX-License-Identifier: BSD-2-Clause
// What a filter has to answer, read off the table it is made from (sandbox/filter/call_table.h).
#pragma once

#include <linux/seccomp.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "sandbox/filter/bpf_evaluator.h"
#include "sandbox/filter/call_numbers.h"
#include "sandbox/filter/call_table.h"

namespace postern::testlib {

inline bool Holds(const sandbox::filter::ArgumentClause& clause,
                  const sandbox::filter::CallFacts& facts) {
  return std::ranges::all_of(clause, [&](const sandbox::filter::ArgumentTest& test) {
    const std::uint64_t masked = facts.arguments[test.index] & test.mask;
    return std::ranges::find(test.values, masked) != test.values.end();
  });
}

inline std::uint32_t AnswerOf(const sandbox::filter::CallTable& table,
                              const sandbox::filter::CallFacts& facts) {
  if (facts.architecture != sandbox::filter::kArchitecture) return SECCOMP_RET_KILL_PROCESS;
  if (facts.number == 0xffffffff) return SECCOMP_RET_ERRNO | ENOSYS;
  if (facts.number >= 0x40000000) return SECCOMP_RET_KILL_PROCESS;
  if (facts.number >= table.size()) return SECCOMP_RET_ERRNO | ENOSYS;
  const sandbox::filter::CallVerdict& verdict = table[facts.number];
  const bool matched = std::ranges::any_of(
      verdict.clauses, [&](const auto& clause) { return Holds(clause, facts); });
  return matched ? verdict.matched : verdict.action;
}

}  // namespace postern::testlib
