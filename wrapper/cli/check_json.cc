// SPDX-License-Identifier: BSD-2-Clause
// Findings for programs: plain JSON, and SARIF for what shows findings beside the lines they are
// about.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "policy/check/finding_table.h"
#include "wrapper/cli/check_report.h"
#include "wrapper/cli/json.h"

namespace postern::cli {
namespace {

using policy::Diagnostic;
using policy::Severity;
using policy::check::FindingKind;

Json FindingJson(const Diagnostic& finding) {
  Json json{{"rule", finding.code},           {"severity", SeverityText(finding.severity)},
            {"file", finding.where.file},     {"line", finding.where.line},
            {"column", finding.where.column}, {"message", finding.message}};
  if (!finding.fix.empty()) json["fix"] = finding.fix;
  if (const FindingKind* kind = policy::check::FindKind(finding.code)) {
    json["explanation"] = kind->explanation;
  }
  return json;
}

// RFC 3986: everything but unreserved characters and '/' is escaped.
std::string UriOf(std::string_view path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (kPlain.contains(c)) {
      uri += c;
    } else {
      uri += {'%', kHex[byte >> 4U], kHex[byte & 0xfU]};
    }
  }
  return uri;
}

Json RuleJson(const FindingKind& kind) {
  return {{"id", kind.id},
          {"shortDescription", {{"text", kind.title}}},
          {"fullDescription", {{"text", kind.explanation}}},
          {"defaultConfiguration", {{"level", SeverityText(kind.severity)}}}};
}

Json RulesJson() {
  Json rules = Json::array();
  for (const auto rows : {policy::check::HostsFindingKinds(), policy::check::ServiceFindingKinds(),
                          policy::check::InetdFindingKinds()}) {
    for (const FindingKind& kind : rows) rules.push_back(RuleJson(kind));
  }
  return rules;
}

Json ResultJson(const Diagnostic& finding) {
  std::string text = finding.message;
  if (!finding.fix.empty()) text += "; fix: " + finding.fix;
  Json place{{"artifactLocation", {{"uri", UriOf(finding.where.file)}}}};
  if (finding.where.line != 0) {
    place["region"] = {{"startLine", finding.where.line},
                       {"startColumn", std::max(finding.where.column, std::uint32_t{1})}};
  }
  return {{"ruleId", finding.code},
          {"level", SeverityText(finding.severity)},
          {"message", {{"text", text}}},
          {"locations", Json::array({{{"physicalLocation", std::move(place)}}})}};
}

}  // namespace

void PrintFindingsJson(const policy::Diagnostics& findings, Output& output) {
  const FindingCounts counts = CountFindings(findings);
  Json list = Json::array();
  for (const Diagnostic& finding : findings) list.push_back(FindingJson(finding));
  PrintJson(output, {{"errors", counts.errors},
                     {"warnings", counts.warnings},
                     {"notes", counts.notes},
                     {"findings", std::move(list)}});
}

void PrintFindingsSarif(const policy::Diagnostics& findings, Output& output) {
  Json results = Json::array();
  for (const Diagnostic& finding : findings) results.push_back(ResultJson(finding));
  const Json driver{{"name", "postern"}, {"version", POSTERN_VERSION}, {"rules", RulesJson()}};
  const Json run{{"tool", {{"driver", driver}}}, {"results", std::move(results)}};
  PrintJson(output, {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                     {"version", "2.1.0"},
                     {"runs", Json::array({run})}});
}

}  // namespace postern::cli
