// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/cli/check_report.h"

#include <string>

namespace postern::cli {
namespace {

std::string Counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

FindingCounts CountFindings(const policy::Diagnostics& findings) {
  FindingCounts counts;
  for (const policy::Diagnostic& finding : findings) {
    switch (finding.severity) {
      case policy::Severity::kError:
        ++counts.errors;
        break;
      case policy::Severity::kWarning:
        ++counts.warnings;
        break;
      case policy::Severity::kNote:
        ++counts.notes;
        break;
    }
  }
  return counts;
}

void PrintFindings(const policy::Diagnostics& findings, Output& output) {
  for (const policy::Diagnostic& finding : findings) output.Write(policy::Render(finding));
  const FindingCounts counts = CountFindings(findings);
  output.Line(Counted(counts.errors, "error") + ", " + Counted(counts.warnings, "warning") + ", " +
              Counted(counts.notes, "note"));
}

}  // namespace postern::cli
