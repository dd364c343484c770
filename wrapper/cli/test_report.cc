// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/cli/test_report.h"

#include <algorithm>
#include <cstdio>

#include "policy/base/diagnostic.h"
#include "wrapper/cli/json.h"

namespace postern::cli {
namespace {

using policy::EscapeText;

const char* VerdictText(bool allowed) { return allowed ? "allow" : "deny"; }

std::string PlaceText(const policy::SourceLocation& where) {
  return EscapeText(where.file) + ":" + std::to_string(where.line);
}

// TAP reads "# skip" and "# todo" behind a description as directives.
std::string TapText(const std::string& text) {
  std::string escaped;
  for (const char c : EscapeText(text)) {
    if (c == '#') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

// Inside the quotes of a YAML block.
std::string YamlText(const std::string& text) { return Compact(Json(text)); }

void PrintFailure(Output& output, const TestResult& result) {
  output.Line("  ---");
  output.Line(std::string("  expected: ") + VerdictText(result.expectation->allow));
  output.Line(std::string("  got: ") + VerdictText(result.answer.allowed));
  output.Line("  reason: " + YamlText(result.answer.reason));
  if (result.answer.rule != nullptr) {
    output.Line("  rule: " + YamlText(PlaceText(*result.answer.rule)));
  }
  if (!result.counterexample.empty()) {
    output.Line("  counterexample: " + YamlText(result.counterexample));
  }
  output.Line("  ...");
}

std::string XmlText(const std::string& text) {
  std::string escaped;
  for (const char c : EscapeText(text)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string FailureText(const TestResult& result) {
  std::string text = std::string("expected ") + VerdictText(result.expectation->allow) + ", got " +
                     VerdictText(result.answer.allowed);
  if (!result.counterexample.empty()) text += " for " + result.counterexample;
  text += ": " + result.answer.reason;
  if (result.answer.rule != nullptr) text += " (" + PlaceText(*result.answer.rule) + ")";
  return text;
}

std::size_t Failures(const std::vector<TestResult>& results) {
  return static_cast<std::size_t>(
      std::ranges::count_if(results, [](const TestResult& result) { return !result.passed; }));
}

std::string PercentText(const Coverage::Total& total) {
  char text[64];
  std::snprintf(text, sizeof text, "%zu of %zu rules (%.1f %%)", total.reached, total.rules,
                total.percent());
  return text;
}

Json PlaceJson(const policy::SourceLocation& where) {
  return {{"file", where.file}, {"line", where.line}};
}

Json ResultJson(const TestResult& result) {
  Json json = PlaceJson(result.expectation->where);
  json["text"] = result.expectation->text;
  json["passed"] = result.passed;
  json["expected"] = VerdictText(result.expectation->allow);
  json["got"] = VerdictText(result.answer.allowed);
  json["reason"] = result.answer.reason;
  json["rule"] = result.answer.rule == nullptr ? Json(nullptr) : PlaceJson(*result.answer.rule);
  if (!result.counterexample.empty()) json["counterexample"] = result.counterexample;
  return json;
}

Json CoverageJson(const Coverage& coverage) {
  Json json = {{"files", Json::array()}, {"not_reached", Json::array()}};
  for (const Coverage::Total& total : coverage.totals()) {
    const Json numbers = {
        {"reached", total.reached}, {"rules", total.rules}, {"percent", total.percent()}};
    if (total.file.empty()) {
      json["total"] = numbers;
      continue;
    }
    Json file = {{"file", total.file}};
    file.update(numbers);
    json["files"].push_back(file);
  }
  for (const Coverage::Rule& rule : coverage.rules()) {
    if (rule.reached) continue;
    Json missed = PlaceJson(rule.where);
    missed["text"] = rule.text;
    json["not_reached"].push_back(missed);
  }
  return json;
}

}  // namespace

void PrintTap(Output& output, const std::vector<TestResult>& results) {
  output.Line("TAP version 13");
  output.Line("1.." + std::to_string(results.size()));
  std::size_t number = 0;
  for (const TestResult& result : results) {
    output.Line((result.passed ? "ok " : "not ok ") + std::to_string(++number) + " - " +
                TapText(result.expectation->text) + " (" + TapText(result.expectation->where.file) +
                ":" + std::to_string(result.expectation->where.line) + ")");
    if (!result.passed) PrintFailure(output, result);
  }
}

void PrintCoverage(Output& output, const Coverage& coverage) {
  for (const Coverage::Total& total : coverage.totals()) {
    output.Line("# coverage: " + (total.file.empty() ? "all" : EscapeText(total.file)) + ": " +
                PercentText(total));
  }
  for (const Coverage::Rule& rule : coverage.rules()) {
    if (rule.reached) continue;
    output.Line("# not reached: " + PlaceText(rule.where) + ": " + EscapeText(rule.text));
  }
}

void PrintTestJson(Output& output, const std::vector<TestResult>& results,
                   const Coverage* coverage) {
  const std::size_t failed = Failures(results);
  Json json = {{"passed", results.size() - failed}, {"failed", failed}, {"tests", Json::array()}};
  for (const TestResult& result : results) json["tests"].push_back(ResultJson(result));
  if (coverage != nullptr) json["coverage"] = CoverageJson(*coverage);
  PrintJson(output, json);
}

std::string JunitXml(const std::vector<TestResult>& results) {
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  xml += "<testsuite name=\"postern test\" tests=\"" + std::to_string(results.size()) +
         "\" failures=\"" + std::to_string(Failures(results)) + "\" errors=\"0\" skipped=\"0\">\n";
  for (const TestResult& result : results) {
    const Expectation& expectation = *result.expectation;
    xml += "  <testcase classname=\"" + XmlText(expectation.where.file) + "\" name=\"" +
           XmlText(expectation.text) + "\" file=\"" + XmlText(expectation.where.file) +
           "\" line=\"" + std::to_string(expectation.where.line) + "\"";
    if (result.passed) {
      xml += "/>\n";
      continue;
    }
    xml += ">\n    <failure message=\"" + XmlText(FailureText(result)) + "\"/>\n  </testcase>\n";
  }
  return xml + "</testsuite>\n";
}

}  // namespace postern::cli
