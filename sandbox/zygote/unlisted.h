// SPDX-License-Identifier: BSD-2-Clause
// The calls that a service's filter does not list: who makes one is killed before it is made.
//
// The kernel could kill by itself, but tells nobody which call it was (SECCOMP_RET_KILL_PROCESS).
// So the caller waits in its call until the zygote has received it, and the zygote sends SIGKILL
// instead of an answer (seccomp_unotify(2)). It never answers, with
// SECCOMP_USER_NOTIF_FLAG_CONTINUE least of all, and reads nothing of the caller's memory.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox {

struct UnlistedCall {
  pid_t session = -1;        // of the caller, getsid(2): an instance leads one
  std::uint32_t number = 0;  // on the architecture of the filter, which kills any other
};

class UnlistedCalls {
 public:
  // `listener`: of sandbox/confine/install_filter.h. It is readable when a call waits.
  explicit UnlistedCalls(sys::UniqueFd listener) : listener_(std::move(listener)) {}

  int descriptor() const { return listener_.get(); }

  // For a readable listener. Nothing: the caller was gone, or interrupted, before it could be
  // killed. An error is one to end for, with everything that runs in the pid namespace: a caller
  // that may not be killed would wait for ever.
  sys::Result<std::optional<UnlistedCall>> KillCaller();

 private:
  sys::UniqueFd listener_;
};

}  // namespace postern::sandbox
