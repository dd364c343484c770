// SPDX-License-Identifier: BSD-2-Clause
// A filter as libseccomp writes it, as a value that our evaluator takes.
#pragma once

#include <seccomp.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <stdexcept>

#include "sandbox/filter/call_table.h"
#include "sandbox/profile.h"

namespace postern::testlib {

inline sandbox::FilterProgram ExportOf(scmp_filter_ctx filter) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
  if (!file || ::seccomp_export_bpf(filter, ::fileno(file.get())) < 0) {
    throw std::runtime_error("seccomp_export_bpf");
  }
  std::rewind(file.get());
  sandbox::FilterProgram program;
  static_assert(sizeof(sandbox::FilterInstruction) == 8);
  sandbox::FilterInstruction instruction;
  while (std::fread(&instruction, sizeof instruction, 1, file.get()) == 1) {
    program.push_back(instruction);
  }
  return program;
}

class SeccompFilter {
 public:
  explicit SeccompFilter(std::uint32_t otherwise)
      : otherwise_(otherwise), filter_(::seccomp_init(otherwise)) {
    Check(filter_ ? 0 : -1);
    Check(::seccomp_attr_set(filter_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
  }

  // 1: as libseccomp does by default; 2: as a tree.
  void Optimize(std::uint32_t level) {
    Check(::seccomp_attr_set(filter_.get(), SCMP_FLTATR_CTL_OPTIMIZE, level));
  }

  void Add(std::uint32_t number, std::uint32_t action) { AddRule(number, action, {}); }

  // Every way that the clause can hold: libseccomp compares an argument with one value.
  void Add(std::uint32_t number, std::uint32_t action,
           const sandbox::filter::ArgumentClause& clause) {
    std::vector<scmp_arg_cmp> comparisons;
    AddFrom(number, action, clause, comparisons);
  }

  sandbox::FilterProgram Export() const { return ExportOf(filter_.get()); }

 private:
  struct Release {
    void operator()(void* filter) const { ::seccomp_release(filter); }
  };

  static void Check(int result) {
    if (result < 0) throw std::runtime_error("libseccomp: " + std::to_string(result));
  }

  void AddRule(std::uint32_t number, std::uint32_t action, std::span<const scmp_arg_cmp> compared) {
    if (action == otherwise_) return;  // libseccomp takes it for a mistake
    Check(::seccomp_rule_add_exact_array(filter_.get(), action, static_cast<int>(number),
                                         static_cast<unsigned>(compared.size()), compared.data()));
  }

  void AddFrom(std::uint32_t number, std::uint32_t action,
               std::span<const sandbox::filter::ArgumentTest> tests,
               std::vector<scmp_arg_cmp>& comparisons) {
    if (tests.empty()) return AddRule(number, action, comparisons);
    const sandbox::filter::ArgumentTest& test = tests.front();
    for (const std::uint64_t value : test.values) {
      comparisons.push_back({test.index, SCMP_CMP_MASKED_EQ, test.mask, value});
      AddFrom(number, action, tests.subspan(1), comparisons);
      comparisons.pop_back();
    }
  }

  std::uint32_t otherwise_;
  std::unique_ptr<void, Release> filter_;
};

}  // namespace postern::testlib
