// SPDX-License-Identifier: BSD-2-Clause
// Privileges over the own process: priorities, limits, its memory layout.
#include <errno.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

static int Traceme(void) { return Outcome(ptrace(PTRACE_TRACEME, 0, NULL, NULL)); }

static int RaisePriority(void) { return Outcome(setpriority(PRIO_PROCESS, 0, -20)); }

static int BecomeRealTime(void) {
  const struct sched_param parameter = {.sched_priority = 50};
  return Outcome(sched_setscheduler(0, SCHED_FIFO, &parameter));
}

// IOPRIO_CLASS_RT << IOPRIO_CLASS_SHIFT.
static int BecomeRealTimeForDisks(void) { return Outcome(syscall(SYS_ioprio_set, 1, 0, 1 << 13)); }

static int RaiseHardLimit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return kBroken;
  limit.rlim_max += 1;
  return Outcome(setrlimit(RLIMIT_NOFILE, &limit));
}

static int AllowCoreDumps(void) {
  const struct rlimit limit = {1 << 20, 1 << 20};
  struct rlimit old;
  if (getrlimit(RLIMIT_CORE, &old) != 0) return kBroken;
  return Outcome(setrlimit(RLIMIT_CORE, &limit));
}

static int ChangeMemoryMap(void) {
  unsigned int size = 0;
  return Outcome(prctl(PR_SET_MM, PR_SET_MM_MAP_SIZE, &size, 0, 0));
}

static int ShowFilters(void) {
  // PTRACE_SECCOMP_GET_FILTER on the parent: reads what confines it.
  return Permitted(ptrace(PTRACE_SECCOMP_GET_FILTER, getppid(), 0, NULL), ESRCH);
}

static const struct Act kActs[] = {
    {"ptrace_traceme", Traceme},
    {"ptrace_read_filter", ShowFilters},
    {"raise_own_priority", RaisePriority},
    {"become_real_time", BecomeRealTime},
    {"become_real_time_for_disks", BecomeRealTimeForDisks},
    {"raise_hard_limit", RaiseHardLimit},
    {"allow_core_dumps", AllowCoreDumps},
    {"change_memory_map", ChangeMemoryMap},
};
const struct Theme kProcesses = THEME("own process", kActs);
