// SPDX-License-Identifier: BSD-2-Clause
// Files of expectations (wrapper/cli/expectations.h): any bytes give expectations or problems with
// their lines, and an expectation's own text gives the same expectation again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "wrapper/cli/expectations.h"

namespace {

using postern::cli::Expectation;
using postern::cli::ExpectationFile;
using postern::cli::ParseExpectations;

void Require(bool condition) {
  if (!condition) std::abort();
}

void ReadsBack(const Expectation& expectation) {
  const ExpectationFile again = ParseExpectations("f", expectation.text);
  Require(again.problems.empty() && again.expectations.size() == 1);
  const Expectation& same = again.expectations.front();
  Require(same.text == expectation.text && same.allow == expectation.allow);
  Require(same.subject == expectation.subject && !same.subject.empty());
  Require(same.range.has_value() == expectation.range.has_value());
  Require(!same.range || same.range->block == expectation.range->block);
  Require(same.question.client_addr == expectation.question.client_addr);
  Require(same.question.at == expectation.question.at);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const ExpectationFile file = ParseExpectations("f", text);
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  Require(file.expectations.size() + file.problems.size() <= lines);
  for (const std::string& problem : file.problems) Require(problem.starts_with("f:"));
  for (const Expectation& expectation : file.expectations) {
    Require(expectation.where.line >= 1 && expectation.where.line <= lines);
    ReadsBack(expectation);
  }
  return 0;
}
