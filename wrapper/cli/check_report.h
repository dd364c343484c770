// SPDX-License-Identifier: BSD-2-Clause
// The findings of `postern check` in their three forms.
#pragma once

#include <cstddef>

#include "policy/base/diagnostic.h"
#include "wrapper/cli/output.h"

namespace postern::cli {

struct FindingCounts {
  std::size_t errors = 0, warnings = 0, notes = 0;
};
FindingCounts CountFindings(const policy::Diagnostics& findings);

void PrintFindings(const policy::Diagnostics& findings, Output& output);
void PrintFindingsJson(const policy::Diagnostics& findings, Output& output);
// SARIF 2.1.0: https://docs.oasis-open.org/sarif/sarif/v2.1.0/
void PrintFindingsSarif(const policy::Diagnostics& findings, Output& output);

}  // namespace postern::cli
