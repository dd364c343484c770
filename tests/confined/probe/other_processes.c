// SPDX-License-Identifier: BSD-2-Clause
// Attacks on the sibling (another instance of the service), on the zygote (the parent) and on
// pid 1. Signals are those that a process ignores unless it wants them; what is set is what was
// there.
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

// An attack on a process that has no name here is one on no process.
static int On(pid_t pid, int (*attack)(pid_t)) { return pid == 0 ? ESRCH : attack(pid); }
static int OnSibling(int (*attack)(pid_t)) {
  const pid_t sibling = (pid_t)GivenNumber("sibling");
  return sibling == 0 ? kNotAsked : attack(sibling);
}

static int Signal(pid_t pid) { return Outcome(kill(pid, SIGURG)); }
static int SignalThread(pid_t pid) { return Outcome(syscall(SYS_tgkill, pid, pid, SIGURG)); }
static int SignalOldThread(pid_t pid) { return Outcome(syscall(SYS_tkill, pid, SIGURG)); }
static int QueueSignal(pid_t pid) {
  return Outcome(sigqueue(pid, SIGURG, (union sigval){.sival_int = 1}));
}
static int SignalByDescriptor(pid_t pid) {
  const int fd = (int)syscall(SYS_pidfd_open, pid, 0);
  if (fd < 0) return errno;
  return Outcome(syscall(SYS_pidfd_send_signal, fd, SIGURG, NULL, 0));
}

static int Attach(pid_t pid) {
  if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) != 0) return errno;
  waitpid(pid, NULL, __WALL);
  return Outcome(ptrace(PTRACE_DETACH, pid, NULL, NULL));
}
// Does not stop it; the end of this process detaches.
static int Seize(pid_t pid) { return Outcome(ptrace(PTRACE_SEIZE, pid, NULL, NULL)); }

// No process has anything at that address: EFAULT is the answer to who was let in.
static int Copy(pid_t pid, long call) {
  char byte = 0;
  const struct iovec here = {&byte, 1};
  const struct iovec there = {(void*)16, 1};
  return Permitted(syscall(call, pid, &here, 1UL, &there, 1UL, 0UL), EFAULT);
}
static int ReadMemory(pid_t pid) { return Copy(pid, SYS_process_vm_readv); }
static int WriteMemory(pid_t pid) { return Copy(pid, SYS_process_vm_writev); }

static int TakeDescriptor(pid_t pid) {
  const int fd = (int)syscall(SYS_pidfd_open, pid, 0);
  if (fd < 0) return errno;
  return Outcome(syscall(SYS_pidfd_getfd, fd, 0, 0));
}
static int Compare(pid_t pid) {
  return Outcome(syscall(SYS_kcmp, getpid(), pid, 1 /* KCMP_VM */, 0, 0));
}
static int RobustList(pid_t pid) {
  void* head = NULL;
  size_t size = 0;
  return Outcome(syscall(SYS_get_robust_list, pid, &head, &size));
}
static int ReadLimit(pid_t pid) {
  struct rlimit limit;
  return Outcome(prlimit(pid, RLIMIT_NOFILE, NULL, &limit));
}
static int SetLimit(pid_t pid) {
  struct rlimit limit;
  if (prlimit(pid, RLIMIT_NOFILE, NULL, &limit) != 0) return errno;
  return Outcome(prlimit(pid, RLIMIT_NOFILE, &limit, NULL));
}
static int SetAffinity(pid_t pid) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return errno;
  return Outcome(sched_setaffinity(pid, sizeof set, &set));
}
static int SetPriority(pid_t pid) {
  errno = 0;
  const int priority = getpriority(PRIO_PROCESS, (id_t)pid);
  if (errno != 0) return errno;
  return Outcome(setpriority(PRIO_PROCESS, (id_t)pid, priority));
}
static int SetScheduler(pid_t pid) {
  const struct sched_param parameter = {.sched_priority = 0};
  return Outcome(sched_setscheduler(pid, SCHED_OTHER, &parameter));
}
static int SetDiskPriority(pid_t pid) {
  return Outcome(syscall(SYS_ioprio_set, 1, pid, 2 << 13 | 4));  // best effort, the default
}
static int AdviseMemory(pid_t pid) {
  const int fd = (int)syscall(SYS_pidfd_open, pid, 0);
  if (fd < 0) return errno;
  const struct iovec there = {(void*)4096, 4096};
  // ENOMEM: let in, and nothing is mapped there.
  return Permitted(syscall(SYS_process_madvise, fd, &there, 1UL, MADV_COLD, 0U), ENOMEM);
}
static int MovePages(pid_t pid) {
  void* page = (void*)4096;
  int status = 0;
  return Outcome(syscall(SYS_move_pages, pid, 1UL, &page, NULL, &status, 0));
}
static int MigratePages(pid_t pid) {
  const unsigned long nodes = 1;
  return Outcome(syscall(SYS_migrate_pages, pid, 64UL, &nodes, &nodes));
}

#define ATTACK(name, attack)                                         \
  static int Sibling##name(void) { return OnSibling(attack); }       \
  static int Zygote##name(void) { return On(start.zygote, attack); } \
  static int Init##name(void) { return On(1, attack); }
ATTACK(Signal, Signal)
ATTACK(Seize, Seize)
ATTACK(ReadMemory, ReadMemory)
ATTACK(WriteMemory, WriteMemory)
ATTACK(TakeDescriptor, TakeDescriptor)
ATTACK(Limit, SetLimit)
ATTACK(Affinity, SetAffinity)
#undef ATTACK

static int SiblingThread(void) { return OnSibling(SignalThread); }
static int SiblingOldThread(void) { return OnSibling(SignalOldThread); }
static int SiblingQueue(void) { return OnSibling(QueueSignal); }
static int SiblingByDescriptor(void) { return OnSibling(SignalByDescriptor); }
static int SiblingAttach(void) { return OnSibling(Attach); }
static int SiblingCompare(void) { return OnSibling(Compare); }
static int SiblingRobustList(void) { return OnSibling(RobustList); }
static int SiblingReadLimit(void) { return OnSibling(ReadLimit); }
static int SiblingPriority(void) { return OnSibling(SetPriority); }
static int SiblingScheduler(void) { return OnSibling(SetScheduler); }
static int SiblingDiskPriority(void) { return OnSibling(SetDiskPriority); }
static int SiblingAdvise(void) { return OnSibling(AdviseMemory); }
static int SiblingMovePages(void) { return OnSibling(MovePages); }
static int SiblingMigratePages(void) { return OnSibling(MigratePages); }

static const struct Act kActs[] = {
    {"signal_sibling", SiblingSignal},
    {"signal_zygote", ZygoteSignal},
    {"signal_init", InitSignal},
    {"tgkill_sibling", SiblingThread},
    {"tkill_sibling", SiblingOldThread},
    {"sigqueue_sibling", SiblingQueue},
    {"pidfd_send_signal_sibling", SiblingByDescriptor},
    {"ptrace_attach_sibling", SiblingAttach},
    {"ptrace_seize_sibling", SiblingSeize},
    {"ptrace_seize_zygote", ZygoteSeize},
    {"ptrace_seize_init", InitSeize},
    {"process_vm_readv_sibling", SiblingReadMemory},
    {"process_vm_readv_zygote", ZygoteReadMemory},
    {"process_vm_readv_init", InitReadMemory},
    {"process_vm_writev_sibling", SiblingWriteMemory},
    {"process_vm_writev_zygote", ZygoteWriteMemory},
    {"process_vm_writev_init", InitWriteMemory},
    {"pidfd_getfd_sibling", SiblingTakeDescriptor},
    {"pidfd_getfd_zygote", ZygoteTakeDescriptor},
    {"pidfd_getfd_init", InitTakeDescriptor},
    {"kcmp_sibling", SiblingCompare},
    {"get_robust_list_sibling", SiblingRobustList},
    {"prlimit_read_sibling", SiblingReadLimit},
    {"prlimit_sibling", SiblingLimit},
    {"prlimit_zygote", ZygoteLimit},
    {"prlimit_init", InitLimit},
    {"sched_setaffinity_sibling", SiblingAffinity},
    {"sched_setaffinity_zygote", ZygoteAffinity},
    {"sched_setaffinity_init", InitAffinity},
    {"sched_setscheduler_sibling", SiblingScheduler},
    {"setpriority_sibling", SiblingPriority},
    {"ioprio_set_sibling", SiblingDiskPriority},
    {"process_madvise_sibling", SiblingAdvise},
    {"move_pages_sibling", SiblingMovePages},
    {"migrate_pages_sibling", SiblingMigratePages},
};
const struct Theme kOtherProcesses = THEME("other processes", kActs);
