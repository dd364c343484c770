// SPDX-License-Identifier: BSD-2-Clause
// Starts one of the project's own helper processes on the other end of a channel.
//
// The helper gets the channel as descriptor kHelperChannel, /dev/null as 0 and 1, our standard
// error as 2, and nothing else. It is expected to give up its privileges itself, first thing. Made
// for each connection only with `isolation = fresh`, so a plain fork serves.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "sandbox/sys/error.h"
#include "sandbox/sys/process.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox {

inline constexpr int kHelperChannel = 3;

struct Helper {
  pid_t pid = 0;
  sys::UniqueFd pidfd;
  sys::UniqueFd channel;  // our end
};

// `argv[0]` is the path. Fails with the child's errno when the program cannot be executed, and with
// ETIMEDOUT when that is not known within `patience` (a file system that does not answer). A
// failure leaves no process behind, unless the kernel itself cannot end it within as long again.
inline constexpr std::chrono::milliseconds kExecPatience{5000};
sys::Result<Helper> StartHelper(const std::vector<std::string>& argv,
                                std::chrono::milliseconds patience = kExecPatience,
                                sys::PidView pids = sys::PidView::kOurs);

}  // namespace postern::sandbox
