// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/unique_fd.h"

#include <fcntl.h>
#include <unistd.h>

namespace postern::sandbox::sys {

void UniqueFd::Reset() {
  // close(2): on Linux the descriptor is gone even when close reports EINTR, so there is no retry.
  if (fd_ >= 0) ::close(Release());
}

UniqueFd UniqueFd::DuplicateOf(int fd) { return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 3)); }

}  // namespace postern::sandbox::sys
