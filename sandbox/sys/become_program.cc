// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/become_program.h"

#include <unistd.h>

namespace postern::sandbox::sys {

Status BecomeProgram(const std::string& path, char* const* words) {
  ::execv(path.c_str(), words);
  return LastError("execv", path);
}

}  // namespace postern::sandbox::sys
