// SPDX-License-Identifier: BSD-2-Clause
// postern check --kernel: which protections this machine has, and what follows where one is not to
// be had. As JSON, and as text made from it.
#pragma once

#include "sandbox/confine/machine.h"
#include "wrapper/cli/json.h"

namespace postern::cli {

// "complete" tells whether everything is there that the default profiles want.
Json KernelJson(const sandbox::MachineReport& machine);
void PrintKernel(const Json& answer, Output& output);

// Asks this machine; the exit status.
int CheckKernel(bool json, Output& output);

}  // namespace postern::cli
