// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/zygote/instance_child.h"

#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>

#include "sandbox/sys/raw_syscall.h"
#include "sandbox/zygote/protocol.h"

namespace postern::sandbox {
namespace {

using sys::AsLong;
using sys::RawSyscall;

constexpr long kLandlockRestrictSelf = 446;  // landlock_restrict_self(2), on every architecture

// posternd reads its channels as long as it runs. Where it does not for so long, the instance is
// not started: nobody would account for it.
constexpr long kTellSeconds = 10;

template <typename Frame>
POSTERN_IN_CHILD bool Tell(const InstanceTask& task, const Frame& frame) {
  iovec part{const_cast<Frame*>(&frame), sizeof frame};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  for (;;) {
    const long sent =
        RawSyscall(SYS_sendmsg, task.channel, AsLong(&message), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent != -EAGAIN && sent != -EINTR) return sent == static_cast<long>(sizeof frame);
    pollfd room{task.channel, POLLOUT, 0};
    timespec patience{kTellSeconds, 0};
    if (RawSyscall(SYS_ppoll, AsLong(&room), 1, AsLong(&patience), 0) == 0) return false;
  }
}

[[noreturn]] POSTERN_IN_CHILD void End() {
  RawSyscall(SYS_exit_group, kLaunchFailed);
  __builtin_trap();
}

POSTERN_IN_CHILD void Require(long result, const InstanceTask& task, LaunchStep step) {
  if (result >= 0) return;
  AnswerFailed failed;
  failed.header.id = task.id;
  failed.step = static_cast<std::uint32_t>(step);
  failed.error = static_cast<std::int32_t>(-result);
  Tell(task, failed);
  End();
}

POSTERN_IN_CHILD void TakeDescriptors(const InstanceTask& task) {
  for (int target = 0; target <= 2; ++target) {
    Require(RawSyscall(SYS_dup3, task.connection, target, 0), task, LaunchStep::kDescriptors);
  }
  // All are close-on-exec since birth; this holds for one that is not as well. The channel has to
  // stay until execve has succeeded.
  Require(RawSyscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC), task, LaunchStep::kDescriptors);
}

// Limits are each instance's own: the zygote itself has to live with more than `rlimit_files = 3`.
// It raised its hard limits as far as these need while it still could.
POSTERN_IN_CHILD void ApplyLimits(const InstanceTask& task) {
  for (const PlannedLimit& planned : task.limits) {
    const rlimit limit{planned.value, planned.value};
    Require(RawSyscall(SYS_prlimit64, 0, planned.resource, AsLong(&limit), 0), task,
            LaunchStep::kLimits);
  }
}

// Most often it has been by now. Somebody may have stopped the zygote meanwhile, or killed it.
POSTERN_IN_CHILD void AwaitRelease(const InstanceTask& task) {
  constexpr long kPauseNs = 1'000'000;
  for (long pauses = 0; task.released.load(std::memory_order_acquire) == 0; ++pauses) {
    if (pauses == kTellSeconds * (1'000'000'000 / kPauseNs)) End();
    timespec pause{0, kPauseNs};
    RawSyscall(SYS_ppoll, 0, 0, AsLong(&pause), 0);
  }
}

}  // namespace

POSTERN_IN_CHILD int RunInstance(void* argument) {
  const InstanceTask& task = *static_cast<const InstanceTask*>(argument);
  AnswerStarted started;
  started.header.id = task.id;
  if (!Tell(task, started)) End();
  TakeDescriptors(task);
  Require(RawSyscall(SYS_setsid), task, LaunchStep::kSession);
  RawSyscall(SYS_umask, task.umask);
  if (task.has_priority) {
    Require(RawSyscall(SYS_setpriority, PRIO_PROCESS, 0, task.priority), task,
            LaunchStep::kPriority);
  }
  constexpr long kMaskSize = 8;  // of the kernel's sigset_t
  const unsigned long no_signals = 0;
  Require(RawSyscall(SYS_rt_sigprocmask, SIG_SETMASK, AsLong(&no_signals), 0, kMaskSize), task,
          LaunchStep::kSignals);
  if (task.domain >= 0) {
    Require(RawSyscall(kLandlockRestrictSelf, task.domain, 0), task, LaunchStep::kDomain);
  }
  ApplyLimits(task);
  AwaitRelease(task);
  Require(RawSyscall(SYS_execve, AsLong(task.path), AsLong(task.argv), AsLong(task.environment)),
          task, LaunchStep::kExecute);
  return kLaunchFailed;
}

}  // namespace postern::sandbox
