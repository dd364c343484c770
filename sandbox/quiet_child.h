// SPDX-License-Identifier: BSD-2-Clause
// Children that the program around us does not notice: for a library inside somebody else's daemon.
//
// A child made here ends without SIGCHLD, is not seen by wait(2) of the host and cannot be reaped
// by it, whatever the host does with SIGCHLD (clone(2), exit signal 0, waited for through a pidfd).
// No pthread_atfork(3) handler runs, every signal stays blocked in it, and no descriptor stays
// behind.
//
// The child is a copy of one thread. In a program of several threads another one may have held a
// lock of libc at that moment, so the work must come with a deadline.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>

#include "sandbox/sys/error.h"
#include "sandbox/sys/process.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox {

// Runs in the child and writes its answer into the descriptor.
using QuietWork = std::function<void(const sys::UniqueFd& answer)>;

// What `work` wrote, once it has ended. A child that is not done in time or says more than
// `max_bytes` is killed: ETIMEDOUT, EFBIG. The child dies with the calling thread.
sys::Result<std::string> AskQuietChild(const QuietWork& work, std::chrono::milliseconds deadline,
                                       std::size_t max_bytes);

// How `/bin/sh -c command` ended: /dev/null is its standard input, output and error, it holds no
// other descriptor of ours, SIGHUP is ignored and SIGCHLD is not, whatever we do with them. Waits
// for it, and for nothing that it leaves running.
struct ShellEnd {
  pid_t pid = 0;
  sys::Exit exit;
};
sys::Result<ShellEnd> RunShellQuietly(const std::string& command);

}  // namespace postern::sandbox
