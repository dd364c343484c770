// SPDX-License-Identifier: BSD-2-Clause
// What a difference of policies looks like, for people and for programs.
#pragma once

#include "policy/analysis/policy_diff.h"
#include "wrapper/cli/output.h"

namespace postern::cli {

void PrintDiff(policy::analysis::PolicyDiff& diff, Output& output);
void PrintDiffJson(policy::analysis::PolicyDiff& diff, Output& output);

}  // namespace postern::cli
