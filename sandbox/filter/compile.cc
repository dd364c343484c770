// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/filter/compile.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstddef>
#include <map>
#include <ranges>
#include <utility>

#include "sandbox/filter/call_numbers.h"

namespace postern::sandbox::filter {
namespace {

constexpr std::uint32_t kEnosys = SECCOMP_RET_ERRNO | ENOSYS;

// The place of an instruction, counted from the program's end. Jumps only go forward, so a program
// written from its end knows where each of them leads.
using Label = std::size_t;

constexpr std::uint32_t Low(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
constexpr std::uint32_t High(std::uint64_t value) {
  return static_cast<std::uint32_t>(value >> 32);
}

// Where the lower half of an argument is in the kernel's seccomp_data; both architectures store it
// first.
constexpr std::uint32_t ArgumentOffset(std::uint8_t index) {
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args) + 8U * index);
}

class BackwardProgram {
 public:
  Label Return(std::uint32_t action) {
    const auto known = returns_.find(action);
    if (known != returns_.end()) return known->second;
    return returns_[action] = Push({BPF_RET | BPF_K, 0, 0, action});
  }
  Label Load(std::uint32_t offset) { return Push({BPF_LD | BPF_W | BPF_ABS, 0, 0, offset}); }
  Label And(std::uint32_t mask) { return Push({BPF_ALU | BPF_AND | BPF_K, 0, 0, mask}); }

  // `test` is BPF_JEQ or BPF_JGE.
  Label Branch(int test, std::uint32_t operand, Label yes, Label no) {
    // Bringing one nearer moves the other by one instruction at most.
    yes = Near(yes);
    no = Near(no);
    const auto code = static_cast<std::uint16_t>(BPF_JMP | test | BPF_K);
    return Push({code, Distance(yes), Distance(no), operand});
  }

  std::size_t size() const { return reversed_.size(); }

  FilterProgram Finish() && { return {reversed_.rbegin(), reversed_.rend()}; }

 private:
  static constexpr std::size_t kReach = 250;

  Label Push(FilterInstruction instruction) {
    reversed_.push_back(instruction);
    return reversed_.size() - 1;
  }

  std::size_t Skipped(Label target) const { return reversed_.size() - target - 1; }
  std::uint8_t Distance(Label target) const { return static_cast<std::uint8_t>(Skipped(target)); }

  FilterInstruction Jump(Label target) const {
    return {BPF_JMP | BPF_JA, 0, 0, static_cast<std::uint32_t>(Skipped(target))};
  }

  // A conditional jump reaches 255 instructions. What is farther away gets a stand-in here: a copy
  // of a return, a jump to anything else.
  Label Near(Label target) {
    if (Skipped(target) <= kReach) return target;
    const auto [stand_in, fresh] = stand_ins_.try_emplace(target, target);
    if (fresh || Skipped(stand_in->second) > kReach) {
      const FilterInstruction there = reversed_[target];
      const bool is_return = BPF_CLASS(there.code) == BPF_RET;
      stand_in->second = Push(is_return ? there : Jump(target));
    }
    return stand_in->second;
  }

  std::vector<FilterInstruction> reversed_;
  std::map<std::uint32_t, Label> returns_;
  std::map<Label, Label> stand_ins_;
};

class TableCompiler {
 public:
  explicit TableCompiler(const CallTable& table) {
    for (std::uint32_t number = 0; number < table.size(); ++number) {
      const CallVerdict& verdict = table[number];
      if (number == 0 || verdict != table[number - 1]) ranges_.push_back({number, Leaf(verdict)});
    }
    ranges_.push_back({static_cast<std::uint32_t>(table.size()), program_.Return(kEnosys)});
    // x32 (__X32_SYSCALL_BIT) has calls of its own; no architecture has numbers that high.
    ranges_.push_back({0x40000000, program_.Return(SECCOMP_RET_KILL_PROCESS)});
    // What a tracer writes there to have the call skipped (seccomp(2)).
    ranges_.push_back({0xffffffff, program_.Return(kEnosys)});
  }

  FilterProgram Finish() && {
    Tree(0, ranges_.size());
    program_.Load(offsetof(seccomp_data, nr));
    const Label native = program_.size() - 1;
    program_.Branch(BPF_JEQ, kArchitecture, native, program_.Return(SECCOMP_RET_KILL_PROCESS));
    program_.Load(offsetof(seccomp_data, arch));
    return std::move(program_).Finish();
  }

 private:
  struct Range {
    std::uint32_t first;
    Label leaf;
  };

  // Ranges first..last-1, of which the number in the accumulator is in one.
  Label Tree(std::size_t first, std::size_t last) {
    if (last - first == 1) return ranges_[first].leaf;
    const std::size_t middle = first + (last - first) / 2;
    const Label above = Tree(middle, last);
    const Label below = Tree(first, middle);
    return program_.Branch(BPF_JGE, ranges_[middle].first, above, below);
  }

  Label Leaf(const CallVerdict& verdict) {
    for (const auto& [known, label] : leaves_) {
      if (*known == verdict) return label;
    }
    Label next = program_.Return(verdict.action);
    if (!verdict.clauses.empty()) {
      const Label matched = program_.Return(verdict.matched);
      for (const ArgumentClause& clause : verdict.clauses | std::views::reverse) {
        next = Clause(clause, matched, next);
      }
    }
    leaves_.emplace_back(&verdict, next);
    return next;
  }

  Label Clause(const ArgumentClause& clause, Label yes, Label no) {
    for (const ArgumentTest& test : clause | std::views::reverse) yes = Test(test, yes, no);
    return yes;
  }

  Label Test(const ArgumentTest& test, Label yes, Label no) {
    const std::uint32_t offset = ArgumentOffset(test.index);
    if (High(test.mask) == 0) {
      std::vector<std::uint32_t> values;
      for (const std::uint64_t value : test.values) {
        if (High(value) == 0) values.push_back(Low(value));
      }
      return Half(offset, Low(test.mask), values, yes, no);
    }
    // Both halves must be those of the same value (CVE-2019-9893).
    for (const std::uint64_t value : test.values | std::views::reverse) {
      const Label low = Half(offset, Low(test.mask), {Low(value)}, yes, no);
      no = Half(offset + 4, High(test.mask), {High(value)}, low, no);
    }
    return no;
  }

  Label Half(std::uint32_t offset, std::uint32_t mask, const std::vector<std::uint32_t>& values,
             Label yes, Label no) {
    for (const std::uint32_t value : values | std::views::reverse) {
      no = program_.Branch(BPF_JEQ, value, yes, no);
    }
    if (values.empty()) return no;
    if (mask != 0xffffffff) program_.And(mask);
    return program_.Load(offset);
  }

  BackwardProgram program_;
  std::vector<Range> ranges_;
  std::vector<std::pair<const CallVerdict*, Label>> leaves_;
};

bool IsSound(const CallVerdict& verdict) {
  for (const ArgumentClause& clause : verdict.clauses) {
    if (clause.empty()) return false;
    for (const ArgumentTest& test : clause) {
      if (test.index >= 6 || test.values.empty()) return false;
    }
  }
  return true;
}

}  // namespace

sys::Result<FilterProgram> Compile(const CallTable& table) {
  if (table.empty() || table.size() > kHighestCall + 1) {
    return std::unexpected(sys::Error{"compile", EINVAL, "system call table"});
  }
  for (const CallVerdict& verdict : table) {
    if (!IsSound(verdict)) return std::unexpected(sys::Error{"compile", EINVAL, "argument rule"});
  }
  FilterProgram program = TableCompiler(table).Finish();
  if (program.size() > BPF_MAXINSNS) {
    return std::unexpected(sys::Error{"compile", E2BIG, "system call filter"});
  }
  return program;
}

}  // namespace postern::sandbox::filter
