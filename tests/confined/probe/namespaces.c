// SPDX-License-Identifier: BSD-2-Clause
// New namespaces, which give capabilities or a way around the mounts, and entering those of others.
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

static int Reap(long child) {
  if (child == 0) _exit(0);
  if (child < 0) return errno;
  waitpid((pid_t)child, NULL, __WALL);
  return 0;
}
static int CloneWith(unsigned long flags) {
  return Reap(syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0));
}
static int Clone3With(unsigned long long flags) {
  struct clone_args arguments;
  memset(&arguments, 0, sizeof arguments);
  arguments.flags = flags;
  arguments.exit_signal = SIGCHLD;
  return Reap(syscall(SYS_clone3, &arguments, sizeof arguments));
}
// The namespaces it is in already: nothing would change, and only who may enter is let through.
// EINVAL is for the user namespace and threads.
static int Reenter(const char* name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/ns/%s", name);
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return kBroken;
  return Permitted(setns(fd, 0), EINVAL);
}
static int EnterThoseOf(pid_t pid) {
  if (pid == 0) return ESRCH;
  const int fd = (int)syscall(SYS_pidfd_open, pid, 0);
  if (fd < 0) return errno;
  return Outcome(setns(fd, CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET));
}

#define KIND(name, flag, file)                                      \
  static int Unshare##name(void) { return Outcome(unshare(flag)); } \
  static int Setns##name(void) { return Reenter(file); }
KIND(User, CLONE_NEWUSER, "user")
KIND(Mount, CLONE_NEWNS, "mnt")
KIND(Pid, CLONE_NEWPID, "pid")
KIND(Net, CLONE_NEWNET, "net")
KIND(Ipc, CLONE_NEWIPC, "ipc")
KIND(Uts, CLONE_NEWUTS, "uts")
KIND(Cgroup, CLONE_NEWCGROUP, "cgroup")
KIND(Time, CLONE_NEWTIME, "time")
#undef KIND

static int CloneUser(void) { return CloneWith(CLONE_NEWUSER); }
static int CloneMount(void) { return CloneWith(CLONE_NEWNS); }
static int ClonePid(void) { return CloneWith(CLONE_NEWPID); }
static int CloneNet(void) { return CloneWith(CLONE_NEWNET); }
// A filter that compared the flags as a whole would miss these.
static int CloneUserAndMore(void) { return CloneWith(CLONE_NEWUSER | CLONE_NEWNS); }
// The high half is no flag of clone(2): the kernel ignores it, and so must a filter.
static int CloneUserHighBits(void) { return CloneWith(CLONE_NEWUSER | 0xffffffff00000000UL); }
static int Clone3User(void) { return Clone3With(CLONE_NEWUSER); }
static int Clone3Mount(void) { return Clone3With(CLONE_NEWNS); }
// In a user namespace of its own, a process may do to its group list what it could not before.
static int DropGroupsInUserNamespace(void) {
  if (unshare(CLONE_NEWUSER) != 0) return errno;
  return Outcome(syscall(SYS_setgroups, 0, NULL));
}
static int EnterSibling(void) {
  const pid_t sibling = (pid_t)GivenNumber("sibling");
  return sibling == 0 ? kNotAsked : EnterThoseOf(sibling);
}
static int EnterZygote(void) { return EnterThoseOf(start.zygote); }
static int EnterInit(void) { return EnterThoseOf(1); }

static const struct Act kActs[] = {
    {"unshare_user", UnshareUser},
    {"unshare_mount", UnshareMount},
    {"unshare_pid", UnsharePid},
    {"unshare_net", UnshareNet},
    {"unshare_ipc", UnshareIpc},
    {"unshare_uts", UnshareUts},
    {"unshare_cgroup", UnshareCgroup},
    {"unshare_time", UnshareTime},
    {"setns_user", SetnsUser},
    {"setns_mount", SetnsMount},
    {"setns_pid", SetnsPid},
    {"setns_net", SetnsNet},
    {"setns_ipc", SetnsIpc},
    {"setns_uts", SetnsUts},
    {"setns_cgroup", SetnsCgroup},
    {"setns_time", SetnsTime},
    {"clone_user", CloneUser},
    {"clone_mount", CloneMount},
    {"clone_pid", ClonePid},
    {"clone_net", CloneNet},
    {"clone_user_and_mount", CloneUserAndMore},
    {"clone_user_high_bits", CloneUserHighBits},
    {"clone3_user", Clone3User},
    {"clone3_mount", Clone3Mount},
    {"drop_groups_in_user_namespace", DropGroupsInUserNamespace},
    {"setns_of_sibling", EnterSibling},
    {"setns_of_zygote", EnterZygote},
    {"setns_of_init", EnterInit},
};
const struct Theme kNamespaces = THEME("namespaces", kActs);
