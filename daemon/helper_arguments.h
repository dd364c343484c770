// SPDX-License-Identifier: BSD-2-Clause
// The command line of posternd's helpers: nothing, or `--user UID GID`.
#pragma once

#include <optional>

#include "sandbox/helper_confinement.h"

namespace postern::daemon {

// False when the command line is not understood.
bool ParseHelperArguments(int argc, char** argv, std::optional<sandbox::HelperUser>& user);

}  // namespace postern::daemon
