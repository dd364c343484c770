// SPDX-License-Identifier: BSD-2-Clause
// The results of `postern test` as TAP version 13, as JUnit's XML, and as JSON.
#pragma once

#include <string>
#include <vector>

#include "wrapper/cli/coverage.h"
#include "wrapper/cli/expectations.h"
#include "wrapper/cli/output.h"

namespace postern::cli {

struct TestResult {
  const Expectation* expectation = nullptr;
  bool passed = false;
  Answer answer;               // what was answered; of a range, what `counterexample` is answered
  std::string counterexample;  // of a range that failed: an address
};

void PrintTap(Output& output, const std::vector<TestResult>& results);
void PrintCoverage(Output& output, const Coverage& coverage);  // TAP comments
// `coverage` may be null.
void PrintTestJson(Output& output, const std::vector<TestResult>& results,
                   const Coverage* coverage);
std::string JunitXml(const std::vector<TestResult>& results);

}  // namespace postern::cli
