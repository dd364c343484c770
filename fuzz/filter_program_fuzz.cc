// SPDX-License-Identifier: BSD-2-Clause
// System call filters (sandbox/filter/), three ways, by the first byte:
//   p  the rest is a program: whatever the check accepts, the evaluator runs to an answer
//   t  the rest makes a table: its program answers as the table does
//   w  the rest is words: they make a filter that passes the check, or an error that names one
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "sandbox/filter/bpf_evaluator.h"
#include "sandbox/filter/call_numbers.h"
#include "sandbox/filter/compile.h"
#include "sandbox/filter/filter.h"
#include "tests/testlib/call_table_oracle.h"

namespace {

using postern::sandbox::FilterProgram;
namespace filter = postern::sandbox::filter;

void Require(bool condition) {
  if (!condition) std::abort();
}

// What is left of the input; noughts when it is at its end.
class Bytes {
 public:
  explicit Bytes(std::span<const std::uint8_t> left) : left_(left) {}

  template <typename T>
  T Next() {
    T value{};
    const std::size_t size = std::min(sizeof value, left_.size());
    std::memcpy(&value, left_.data(), size);
    left_ = left_.subspan(size);
    return value;
  }
  bool empty() const { return left_.empty(); }

 private:
  std::span<const std::uint8_t> left_;
};

filter::CallFacts NextFacts(Bytes& bytes) {
  filter::CallFacts facts{bytes.Next<std::uint16_t>(), filter::kArchitecture, 0, {}};
  if (bytes.Next<std::uint8_t>() == 0xff) facts.number |= 0x40000000;
  facts.arguments = bytes.Next<std::array<std::uint64_t, 6>>();
  return facts;
}

void TryProgram(Bytes bytes) {
  const filter::CallFacts facts = NextFacts(bytes);
  FilterProgram program;
  while (!bytes.empty()) {
    program.push_back({bytes.Next<std::uint16_t>(), bytes.Next<std::uint8_t>(),
                       bytes.Next<std::uint8_t>(), bytes.Next<std::uint32_t>()});
  }
  const bool sound = filter::CheckProgram(program).has_value();
  const auto answer = filter::Evaluate(program, facts);
  Require(answer.has_value() == sound);
  if (answer) Require(!filter::ActionText(*answer).empty());
}

filter::CallVerdict NextVerdict(Bytes& bytes) {
  filter::CallVerdict verdict{bytes.Next<std::uint32_t>(), bytes.Next<std::uint32_t>(), {}};
  for (int clauses = bytes.Next<std::uint8_t>() % 4; clauses > 0; --clauses) {
    filter::ArgumentClause& clause = verdict.clauses.emplace_back();
    for (int tests = bytes.Next<std::uint8_t>() % 4; tests > 0; --tests) {
      filter::ArgumentTest& test = clause.emplace_back();
      test.index = bytes.Next<std::uint8_t>() % 7;
      test.mask = bytes.Next<std::uint64_t>();
      for (int values = bytes.Next<std::uint8_t>() % 4; values > 0; --values) {
        test.values.push_back(bytes.Next<std::uint64_t>());
      }
    }
  }
  return verdict;
}

void TryTable(Bytes bytes) {
  filter::CallFacts facts = NextFacts(bytes);
  filter::CallTable table;
  while (!bytes.empty()) {
    table.insert(table.end(), bytes.Next<std::uint8_t>() % 8 + 1U, NextVerdict(bytes));
  }
  const auto program = filter::Compile(table);
  if (!program) return;
  Require(filter::CheckProgram(*program).has_value());
  for (facts.number &= 0x40000000; facts.number % 0x40000000 <= table.size(); ++facts.number) {
    Require(filter::Evaluate(*program, facts) == postern::testlib::AnswerOf(table, facts));
  }
}

void TryWords(std::string_view text) {
  filter::FilterRequest request;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string word(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool takes = word.starts_with('-');
    (takes ? request.removed : request.added).push_back(takes ? word.substr(1) : word);
  }
  const auto program = filter::BuildFilter(request);
  if (!program) return Require(program.error().object.contains(": "));
  Require(filter::CheckProgram(*program).has_value());
  const std::uint32_t execve = filter::NumberOf("execve").value();
  const filter::CallFacts start{execve, filter::kArchitecture, 0, {}};
  Require(filter::ActionText(filter::Evaluate(*program, start).value()) == "allow");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::span rest(data + 1, size - 1);
  if (data[0] == 'p') TryProgram(Bytes(rest));
  if (data[0] == 't') TryTable(Bytes(rest));
  if (data[0] == 'w') TryWords(std::string(rest.begin(), rest.end()));
  return 0;
}
