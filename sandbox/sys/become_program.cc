// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/become_program.h"

#include <fcntl.h>
#include <unistd.h>

namespace postern::sandbox::sys {

Status BecomeProgram(const std::string& path, char* const* words) {
  ::execv(path.c_str(), words);
  return LastError("execv", path);
}

Status CloseOnExecute(const UniqueFd& fd) {
  if (::fcntl(fd.get(), F_SETFD, FD_CLOEXEC) != 0) return LastError("fcntl", "F_SETFD");
  return {};
}

}  // namespace postern::sandbox::sys
