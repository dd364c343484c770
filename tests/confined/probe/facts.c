// SPDX-License-Identifier: BSD-2-Clause
// What the kernel says about the instance, a line a fact: "name value…". Nothing is interpreted
// here, so that a test compares the plan with the kernel's words.
#include <dirent.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

extern char** environ;

static void TellLines(const char* name, const char* path) {
  char line[4000];
  FILE* file = fopen(path, "re");
  if (file == NULL) return;
  while (fgets(line, sizeof line, file) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    Say("%s %s", name, line);
  }
  fclose(file);
}

// "Name: value" of proc(5), in the order of the kernel.
static void TellStatus(void) {
  char line[1024];
  FILE* file = fopen("/proc/self/status", "re");
  if (file == NULL) return;
  while (fgets(line, sizeof line, file) != NULL) {
    char* value = strchr(line, ':');
    if (value == NULL) continue;
    *value++ = '\0';
    value[strcspn(value, "\n")] = '\0';
    Say("status.%s%s%s", line, " ", value + strspn(value, " \t"));
  }
  fclose(file);
}

static void TellIds(void) {
  uid_t real, effective, saved;
  gid_t real_group, effective_group, saved_group, groups[256];
  getresuid(&real, &effective, &saved);
  getresgid(&real_group, &effective_group, &saved_group);
  Say("uid %u %u %u", real, effective, saved);
  Say("gid %u %u %u", real_group, effective_group, saved_group);
  char line[4000] = "groups";
  const int count = getgroups(256, groups);
  for (int i = 0; i < count; ++i) {
    const size_t used = strlen(line);
    snprintf(line + used, sizeof line - used, " %u", groups[i]);
  }
  Say("%s", line);
}

static void TellLimits(void) {
  static const char* const kNames[] = {
      "cpu",     "fsize", "data",  "stack",      "core",     "rss",  "nproc",  "nofile",
      "memlock", "as",    "locks", "sigpending", "msgqueue", "nice", "rtprio", "rttime"};
  for (int i = 0; i < 16; ++i) {
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)i, &limit) != 0) continue;
    // -1 is RLIM_INFINITY.
    Say("limit.%s %ld %ld", kNames[i], (long)limit.rlim_cur, (long)limit.rlim_max);
  }
}

static void TellLink(const char* name, const char* path) {
  char target[4096];
  const ssize_t length = readlink(path, target, sizeof target - 1);
  if (length < 0) return;
  target[length] = '\0';
  Say("%s %s", name, target);
}

static void TellNamespaces(void) {
  static const char* const kKinds[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time"};
  for (size_t i = 0; i < sizeof kKinds / sizeof kKinds[0]; ++i) {
    char path[64], name[32];
    snprintf(path, sizeof path, "/proc/self/ns/%s", kKinds[i]);
    snprintf(name, sizeof name, "namespace.%s", kKinds[i]);
    TellLink(name, path);
  }
}

// Found by asking the kernel, not by a listing that would itself hold one.
static void TellDescriptors(void) {
  for (int fd = 0; fd < 65536; ++fd) {
    struct stat facts;
    char path[64], name[32];
    if (fstat(fd, &facts) != 0) continue;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    snprintf(name, sizeof name, "fd.%d", fd);
    TellLink(name, path);
  }
}

static void TellBoundingSet(void) {
  unsigned long long set = 0;
  for (int i = 0; i < 64; ++i) {
    if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1) set |= 1ULL << i;
  }
  Say("bounding %016llx", set);
}

// The session keyring's number and, where it can be read, its description. In a process of its own:
// under most filters it ends there, and nothing is told.
static void TellKeyring(void) {
  const pid_t child = fork();
  if (child != 0) {
    if (child > 0) waitpid(child, NULL, 0);
    return;
  }
  const long id = syscall(SYS_keyctl, 0, -3, 0);
  char text[256] = "";
  if (id > 0) syscall(SYS_keyctl, 6, id, text, sizeof text - 1);
  Say("keyring %ld %s", id, text);
  _exit(0);
}

static void TellProcess(void) {
  struct utsname names;
  Say("pid %d", (int)getpid());
  Say("parent %d", (int)start.zygote);
  Say("session %d", (int)getsid(0));
  Say("group %d", (int)getpgid(0));
  Say("umask %04o", start.umask);
  Say("signals.blocked %016llx", start.blocked);
  Say("signals.ignored %016llx", start.ignored);
  Say("descriptors.extra %d", start.extra_descriptors);
  Say("dumpable %d", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
  Say("no_new_privileges %d", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  Say("securebits %d", prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
  Say("mdwe %d", prctl(66 /* PR_GET_MDWE */, 0, 0, 0, 0));
  Say("speculation.store_bypass %d", prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, 0, 0, 0));
  Say("speculation.indirect %d", prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_INDIRECT_BRANCH, 0, 0, 0));
  Say("nice %d", getpriority(PRIO_PROCESS, 0));
  if (uname(&names) == 0) Say("host %s", names.nodename);
}

void TellFacts(void) {
  TellProcess();
  TellIds();
  TellBoundingSet();
  TellStatus();
  TellLimits();
  TellNamespaces();
  TellDescriptors();
  TellLink("cwd", "/proc/self/cwd");
  TellLink("root", "/proc/self/root");
  TellLink("exe", "/proc/self/exe");
  TellLines("mount", "/proc/self/mountinfo");
  TellLines("cgroup", "/proc/self/cgroup");
  TellLines("oom_score_adj", "/proc/self/oom_score_adj");
  TellLines("uid_map", "/proc/self/uid_map");
  TellLines("gid_map", "/proc/self/gid_map");
  for (char** word = environ; *word != NULL; ++word) Say("env %s", *word);
  TellKeyring();
}
