// SPDX-License-Identifier: BSD-2-Clause
// Turning into another program: the last act of one that decides whether that may run.
#pragma once

#include <string>

#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox::sys {

// execv(3): words, environment and descriptors 0, 1 and 2 as they are. `words` ends with a null
// pointer. Returns on failure only.
Status BecomeProgram(const std::string& path, char* const* words);

// What becomes of the process shall not have this descriptor (fcntl(2), FD_CLOEXEC). An error where
// there is none of this number.
Status CloseOnExecute(const UniqueFd& fd);

}  // namespace postern::sandbox::sys
