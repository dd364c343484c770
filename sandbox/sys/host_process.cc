// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/host_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

namespace postern::sandbox::sys {

Status AddNice(int increment) {
  errno = 0;  // -1 is a priority like any other
  if (::nice(increment) == -1 && errno != 0) return LastError("nice");
  return {};
}

Status SetEnvironment(const std::string& name, const std::string& value) {
  if (::setenv(name.c_str(), value.c_str(), 1) != 0) return LastError("setenv", name);
  return {};
}

Status BecomeShell(const UniqueFd& connection, const std::string& command) {
  // Out of the way of the numbers that are about to be taken, whichever it is itself.
  const UniqueFd away(::fcntl(connection.get(), F_DUPFD_CLOEXEC, 3));
  if (!away) return LastError("fcntl", "F_DUPFD_CLOEXEC");
  for (int target = 0; target <= 2; ++target) {
    if (::dup2(away.get(), target) < 0) return LastError("dup2");
  }
  // Marked, not closed: when the shell cannot be executed the caller goes on with what it has.
  if (::syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) return LastError("close_range");
  ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
  return LastError("execve", "/bin/sh");
}

}  // namespace postern::sandbox::sys
