// SPDX-License-Identifier: BSD-2-Clause
// postern test: a policy against what is expected of it. Exit 0 all as expected, 1 not, 2 when the
// policy or an expectation cannot be used: then nothing was tested.
#include <algorithm>
#include <cstdio>
#include <iterator>

#include "policy/base/diagnostic.h"
#include "sandbox/sys/files.h"
#include "wrapper/cli/policy_options.h"
#include "wrapper/cli/range_check.h"
#include "wrapper/cli/test_report.h"
#include "wrapper/cli/verb.h"
#include "wrapper/config/system_view.h"

namespace postern::cli {
namespace {

namespace sys = sandbox::sys;
using Results = std::expected<std::vector<TestResult>, std::string>;

constexpr std::size_t kMaxTestFile = std::size_t{16} << 20;

// A file without expectations is one that tests nothing, whatever its writer thinks.
std::expected<std::vector<Expectation>, std::string> ReadAll(
    const std::vector<std::string>& paths) {
  std::vector<Expectation> all;
  std::string problems;
  for (const std::string& path : paths) {
    const auto content = sys::ReadFile(path, kMaxTestFile);
    ExpectationFile file;
    if (!content) {
      file.problems.push_back(path + ": " + content.error().ToString());
    } else {
      file = ParseExpectations(path, *content);
      if (file.expectations.empty() && file.problems.empty()) {
        file.problems.push_back(path + ": no expectations");
      }
    }
    for (const std::string& problem : file.problems) {
      problems += (problems.empty() ? "" : "\n") + problem;
    }
    std::ranges::move(file.expectations, std::back_inserter(all));
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return all;
}

class Runner {
 public:
  Runner(const Decider& decider, Coverage& coverage)
      : decider_(decider), coverage_(coverage), ranges_(decider) {}

  Results RunAll(const std::vector<Expectation>& expectations);

 private:
  using Result = std::expected<TestResult, std::string>;
  std::expected<Question, std::string> QuestionOf(const Expectation& expectation) const;
  Result RunOne(const Expectation& expectation);
  Result RunRange(Question question, const Expectation& expectation);

  const Decider& decider_;
  Coverage& coverage_;
  RangeChecker ranges_;
};

// What an expectation calls its subject is a service if there is one of that id, otherwise a
// daemon.
std::expected<Question, std::string> Runner::QuestionOf(const Expectation& expectation) const {
  Question question = expectation.question;
  if (decider_.FindService(expectation.subject) != nullptr) {
    question.service = expectation.subject;
  } else if (decider_.IsHeld(expectation.subject)) {
    return std::unexpected(decider_.WhyNoService(expectation.subject));
  } else {
    question.daemon = expectation.subject;
  }
  return question;
}

Runner::Result Runner::RunRange(Question question, const Expectation& expectation) {
  TestResult result;
  result.expectation = &expectation;
  result.passed = true;
  result.answer = {.allowed = expectation.allow, .reason = "every address", .rule = nullptr};
  const auto found =
      ranges_.FindCounterexample(question, *expectation.range, expectation.allow, coverage_);
  if (!found) return std::unexpected(found.error());
  if (!*found) return result;
  result.passed = false;
  result.counterexample = (*found)->ToString();
  question.client_addr = result.counterexample;
  auto answer = decider_.Decide(question);
  if (!answer) return std::unexpected(std::move(answer.error()));
  result.answer = std::move(*answer);
  return result;
}

Runner::Result Runner::RunOne(const Expectation& expectation) {
  auto question = QuestionOf(expectation);
  if (!question) return std::unexpected(std::move(question.error()));
  if (expectation.range) return RunRange(std::move(*question), expectation);
  auto answer = decider_.Decide(*question);
  if (!answer) return std::unexpected(std::move(answer.error()));
  coverage_.Reach(decider_, *question);
  const bool passed = answer->allowed == expectation.allow;
  return TestResult{&expectation, passed, std::move(*answer), {}};
}

Results Runner::RunAll(const std::vector<Expectation>& expectations) {
  std::vector<TestResult> results;
  std::string problems;
  for (const Expectation& expectation : expectations) {
    auto result = RunOne(expectation);
    if (result) {
      results.push_back(std::move(*result));
      continue;
    }
    problems += (problems.empty() ? "" : "\n") + expectation.where.file + ":" +
                std::to_string(expectation.where.line) + ": " + result.error();
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return results;
}

bool WriteFile(const std::string& path, const std::string& content) {
  std::FILE* const file = std::fopen(path.c_str(), "we");
  if (file == nullptr) return false;
  const bool written = std::fwrite(content.data(), 1, content.size(), file) == content.size();
  return std::fclose(file) == 0 && written;
}

class Test final : public Verb {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Operands("FILE", paths_, "files of expectations");
    arguments.File("--junit", junit_, "write the results in JUnit's form, too");
    arguments.Flag("--coverage", coverage_, "tell which rules no expectation reached");
    policy_.Declare(arguments);
    arguments.Footer(
        "An expectation is a line:\n"
        "  allow|deny SERVICE CLIENT [name=NAME] [user=NAME] [at=TIME]\n"
        "  allow|deny SERVICE from [!]BLOCK [name=NAME] [user=NAME] [at=TIME]\n"
        "Exit status: 0 all as expected, 1 not all, 2 wrong usage or unusable input.");
  }

  int Run(Output& output) override {
    const auto expectations = ReadAll(paths_);
    if (!expectations) return Complain(expectations.error());
    const auto files = LoadPolicy(policy_.Paths());
    if (!files) return Complain(files.error());
    const wrapper::RealSystem accounts("/");
    const Decider decider(*files, accounts);
    Coverage coverage(*files);
    const Results results = Runner(decider, coverage).RunAll(*expectations);
    if (!results) return Complain(results.error());
    if (junit_ && !WriteFile(*junit_, JunitXml(*results))) {
      return Complain("--junit: " + *junit_ + " cannot be written");
    }
    Print(output, *results, coverage);
    for (const TestResult& result : *results) {
      if (!result.passed) return kFindings;
    }
    return kClean;
  }

 private:
  void Print(Output& output, const std::vector<TestResult>& results, const Coverage& coverage) {
    if (policy_.json) {
      PrintTestJson(output, results, coverage_ ? &coverage : nullptr);
      return;
    }
    PrintTap(output, results);
    if (coverage_) PrintCoverage(output, coverage);
  }

  std::vector<std::string> paths_;
  std::optional<std::string> junit_;
  bool coverage_ = false;
  PolicyOptions policy_;
};

}  // namespace

std::unique_ptr<Verb> MakeTest() { return std::make_unique<Test>(); }

}  // namespace postern::cli
