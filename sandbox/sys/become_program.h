// SPDX-License-Identifier: BSD-2-Clause
// Turning into another program: the last act of one that decides whether that may run.
#pragma once

#include <string>

#include "sandbox/sys/error.h"

namespace postern::sandbox::sys {

// execv(3): words, environment and descriptors 0, 1 and 2 as they are. `words` ends with a null
// pointer. Returns on failure only.
Status BecomeProgram(const std::string& path, char* const* words);

}  // namespace postern::sandbox::sys
