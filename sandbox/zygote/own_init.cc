// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/zygote/own_init.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/confine/user_namespace.h"
#include "sandbox/sys/process.h"

namespace postern::sandbox {
namespace {

// As a shell has it for one that a signal ended.
constexpr int kSignalled = 128;

sys::Result<std::optional<int>> AwaitInside(pid_t inside) {
  // What waits here must not keep the other end of posternd's channel open.
  TRY_STATUS(sys::CloseFrom(3));
  int status = 0;
  while (::waitpid(inside, &status, 0) < 0) {
    if (errno != EINTR) return sys::LastError("waitpid");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : kSignalled + WTERMSIG(status);
}

}  // namespace

sys::Result<std::optional<int>> EnterOwnPidNamespace(const Identity& identity) {
  {
    const sys::UniqueFd process(::open("/proc/self", O_DIRECTORY | O_PATH | O_CLOEXEC));
    if (!process) return sys::LastError("open", "/proc/self");
    TRY_STATUS(EnterUserNamespaceUnprivileged(process, identity));
  }
  if (::unshare(CLONE_NEWPID) != 0) return sys::LastError("unshare", "pid");
  TRY(const sys::Forked forked, sys::Fork());
  if (forked.side == sys::Side::kParent) return AwaitInside(forked.child);
  TRY_STATUS(sys::SetParentDeathSignal(SIGKILL));
  return std::optional<int>();
}

}  // namespace postern::sandbox
