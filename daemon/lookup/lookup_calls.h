// SPDX-License-Identifier: BSD-2-Clause
// The system calls that the confined postern-lookup may make. Every other one kills it.
#pragma once

#include <vector>

#include "sandbox/helper_confinement.h"

namespace postern::daemon {

std::vector<sandbox::PermittedCall> LookupCalls();

}  // namespace postern::daemon
