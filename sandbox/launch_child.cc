// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/launch_child.h"

#include <linux/close_range.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstddef>

#include "sandbox/sys/raw_syscall.h"

namespace postern::sandbox {
namespace {

using sys::AsLong;
using sys::RawSyscall;

POSTERN_IN_CHILD void Tell(LaunchId id, LaunchStep step, long error) {
  const LaunchReport report{id, static_cast<std::uint32_t>(step), static_cast<std::int32_t>(error)};
  RawSyscall(SYS_write, Launcher::kReportDescriptor, AsLong(&report), sizeof report);
}

// Ends the child when a step failed: no program runs with less confinement than planned.
POSTERN_IN_CHILD void Require(long result, LaunchId id, LaunchStep step) {
  if (result >= 0) return;
  Tell(id, step, -result);
  RawSyscall(SYS_exit_group, kLaunchFailed);
  __builtin_trap();
}

// What cmsg(3) lays out for two descriptors, as a structure: a cmsghdr and what follows it.
struct Handover {
  std::size_t size;
  int level;
  int type;
  int connection;
  int status;  // only where the plan has a status pipe
};
static_assert(sizeof(Handover) == CMSG_SPACE(2 * sizeof(int)) &&
              offsetof(Handover, level) == offsetof(cmsghdr, cmsg_level) &&
              offsetof(Handover, type) == offsetof(cmsghdr, cmsg_type) &&
              offsetof(Handover, connection) == CMSG_LEN(0) &&
              offsetof(Handover, status) == CMSG_LEN(sizeof(int)));

// The connection was sent before this child began, so it is there.
POSTERN_IN_CHILD Handover ReceiveConnection(const ChildTask& task) {
  LaunchId id = 0;
  iovec part{&id, sizeof id};
  Handover handover{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = &handover;
  message.msg_controllen = sizeof handover;
  Require(RawSyscall(SYS_recvmsg, task.slot, AsLong(&message), MSG_DONTWAIT | MSG_CMSG_CLOEXEC),
          task.id, LaunchStep::kReceive);
  // Nobody is ever served with another client's connection.
  const std::size_t count = task.plan->parts().status_pipe ? 2 : 1;
  const bool ours = id == task.id && handover.size == CMSG_LEN(count * sizeof(int)) &&
                    handover.level == SOL_SOCKET && handover.type == SCM_RIGHTS;
  Require(ours ? 0 : -EBADMSG, task.id, LaunchStep::kReceive);
  return handover;
}

POSTERN_IN_CHILD void TakeDescriptors(const ChildTask& task) {
  // Until here the table is the parent's own. UNSHARE copies only what lies below `first`
  // (close_range(2)), which is the parent's few reserved numbers and not its listeners.
  Require(RawSyscall(SYS_close_range, Launcher::kFirstFree, ~0U, CLOSE_RANGE_UNSHARE), task.id,
          LaunchStep::kDetach);
  const Handover taken = ReceiveConnection(task);
  const std::uint64_t one = 1;
  RawSyscall(SYS_write, Launcher::kDetachedDescriptor, AsLong(&one), sizeof one);
  for (int target = 0; target <= 2; ++target) {
    Require(RawSyscall(SYS_dup3, taken.connection, target, 0), task.id, LaunchStep::kDescriptors);
  }
  int first_closed = Launcher::kDetachedDescriptor;
  if (task.plan->parts().status_pipe) {
    Require(RawSyscall(SYS_dup3, taken.status, kStatusDescriptor, 0), task.id,
            LaunchStep::kDescriptors);
    first_closed = kStatusDescriptor + 1;
  }
  Require(RawSyscall(SYS_close_range, first_closed, ~0U, 0), task.id, LaunchStep::kDescriptors);
}

POSTERN_IN_CHILD void ApplyLimits(const ChildTask& task, const LaunchPlan::Parts& plan) {
  for (const PlannedLimit& planned : plan.limits) {
    const rlimit limit{planned.value, planned.value};
    Require(RawSyscall(SYS_prlimit64, 0, planned.resource, AsLong(&limit), 0), task.id,
            LaunchStep::kLimits);
  }
  if (plan.priority) {
    Require(RawSyscall(SYS_setpriority, PRIO_PROCESS, 0, *plan.priority), task.id,
            LaunchStep::kPriority);
  }
}

// By bisection: a user may be in thousands of groups.
POSTERN_IN_CHILD bool IsPlanned(std::uint32_t group, const std::vector<std::uint32_t>& sorted) {
  const std::uint32_t* first = sorted.data();
  for (std::size_t left = sorted.size(); left != 0;) {
    const std::size_t half = left / 2;
    if (first[half] == group) return true;
    if (first[half] < group) {
      first += half + 1;
      left -= half + 1;
    } else {
      left = half;
    }
  }
  return false;
}

// As many as are planned, each of them planned, and none twice: the kernel keeps equal ones side by
// side, in an order of its own (credentials(7); a user namespace maps them).
POSTERN_IN_CHILD bool HasPlannedGroups(const ChildTask& task, const LaunchPlan::Parts& plan) {
  const auto count = static_cast<long>(plan.groups.size());
  if (RawSyscall(SYS_getgroups, count, AsLong(task.groups)) != count) return false;
  for (long i = 0; i < count; ++i) {
    if (i != 0 && task.groups[i] == task.groups[i - 1]) return false;
    if (!IsPlanned(task.groups[i], plan.groups)) return false;
  }
  return true;
}

// setresuid(2) changes the real, effective and saved ids; believing it is not enough (CVE lessons
// of a dozen daemons), so what the kernel now says is compared, and going back must fail.
POSTERN_IN_CHILD void VerifyUser(const ChildTask& task, const LaunchPlan::Parts& plan) {
  std::uint32_t id[3];
  bool as_planned =
      RawSyscall(SYS_getresuid, AsLong(&id[0]), AsLong(&id[1]), AsLong(&id[2])) == 0 &&
      id[0] == plan.uid && id[1] == plan.uid && id[2] == plan.uid;
  as_planned = as_planned &&
               RawSyscall(SYS_getresgid, AsLong(&id[0]), AsLong(&id[1]), AsLong(&id[2])) == 0 &&
               id[0] == plan.gid && id[1] == plan.gid && id[2] == plan.gid;
  as_planned = as_planned && HasPlannedGroups(task, plan);
  if (as_planned && plan.uid != 0) as_planned = RawSyscall(SYS_setresuid, -1, 0, -1) < 0;
  if (as_planned && plan.uid != 0 && plan.gid != 0) {
    as_planned = RawSyscall(SYS_setresgid, -1, 0, -1) < 0;
  }
  Require(as_planned ? 0 : -1 /* EPERM */, task.id, LaunchStep::kVerify);
}

POSTERN_IN_CHILD void BecomeUser(const ChildTask& task, const LaunchPlan::Parts& plan) {
  if (!plan.change_user) return;
  Require(
      RawSyscall(SYS_setgroups, static_cast<long>(plan.groups.size()), AsLong(plan.groups.data())),
      task.id, LaunchStep::kGroups);
  Require(RawSyscall(SYS_setresgid, plan.gid, plan.gid, plan.gid), task.id, LaunchStep::kGroup);
  Require(RawSyscall(SYS_setresuid, plan.uid, plan.uid, plan.uid), task.id, LaunchStep::kUser);
  VerifyUser(task, plan);
}

// The parent ignores SIGPIPE and SIGXFSZ and blocks what it reads from its signalfd; both would
// pass through execve. Everything else is at its default already.
POSTERN_IN_CHILD void ResetSignals(const ChildTask& task) {
  struct {
    void (*handler)(int) = nullptr;  // SIG_DFL
    unsigned long flags = 0;
    void (*restorer)() = nullptr;
    unsigned long mask = 0;
  } action;
  constexpr long kMaskSize = 8;  // of the kernel's sigset_t
  for (const int ignored : {SIGPIPE, SIGXFSZ}) {
    Require(RawSyscall(SYS_rt_sigaction, ignored, AsLong(&action), 0, kMaskSize), task.id,
            LaunchStep::kSignals);
  }
  const unsigned long empty = 0;
  Require(RawSyscall(SYS_rt_sigprocmask, SIG_SETMASK, AsLong(&empty), 0, kMaskSize), task.id,
          LaunchStep::kSignals);
}

}  // namespace

POSTERN_IN_CHILD int RunChild(void* argument) {
  const ChildTask& task = *static_cast<const ChildTask*>(argument);
  const LaunchPlan::Parts& plan = task.plan->parts();
  TakeDescriptors(task);
  Require(RawSyscall(SYS_setsid), task.id, LaunchStep::kSession);
  // Limits and priority while still privileged: only then may they be raised.
  ApplyLimits(task, plan);
  BecomeUser(task, plan);
  RawSyscall(SYS_umask, plan.umask);
  ResetSignals(task);
  const long result = RawSyscall(SYS_execve, AsLong(plan.path.c_str()), AsLong(task.plan->argv()),
                                 AsLong(task.environment));
  Require(result, task.id, LaunchStep::kExecute);
  return kLaunchFailed;
}

}  // namespace postern::sandbox
