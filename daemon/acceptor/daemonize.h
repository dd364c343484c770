// SPDX-License-Identifier: BSD-2-Clause
// Becoming a daemon such that the one who started us learns whether it worked.
#pragma once

#include <optional>

#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

// Held by the daemon until its listeners are up. Dropping it without Ready() tells of failure.
class StartReport {
 public:
  StartReport() = default;  // in the foreground nobody waits
  explicit StartReport(sandbox::sys::UniqueFd pipe) : pipe_(std::move(pipe)) {}

  // The caller's parent returns 0 now; from here on the terminal is not ours.
  void Ready();

 private:
  sandbox::sys::UniqueFd pipe_;
};

// Returns in the new process, in a session of its own. The calling process waits there until the
// daemon is ready or has failed, and exits 0 or 1.
sandbox::sys::Result<StartReport> Daemonize();

}  // namespace postern::daemon
