// SPDX-License-Identifier: BSD-2-Clause
// Gaining rights by executing a program that has them: copies of the probe that are set-user-id,
// set-group-id or have file capabilities.
#include "programs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

int TellIdentity(const char* what, const char* number) {
  const unsigned long wanted = strtoul(number, NULL, 10);
  if (strcmp(what, "user") == 0) return geteuid() == wanted ? 0 : kNothing;
  if (strcmp(what, "group") == 0) return getegid() == wanted ? 0 : kNothing;
  if (strcmp(what, "any") == 0) return 0;
  struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2];
  if (syscall(SYS_capget, &head, sets) != 0) return kBroken;
  return (sets[wanted / 32].effective >> wanted % 32 & 1) != 0 ? 0 : kNothing;
}

static int Execute(const char* path, const char* what, const char* number) {
  if (path == NULL) return kNotAsked;
  execl(path, path, "--identity", what, number, (char*)NULL);
  return errno;
}

static int SetuidRoot(void) { return Execute(Given("setuid_root"), "user", "0"); }
static int SetuidStranger(void) { return Execute(Given("setuid_stranger"), "user", "12345"); }
static int SetgidStranger(void) { return Execute(Given("setgid_stranger"), "group", "12345"); }
// CAP_SYS_ADMIN, 21.
static int FileCapabilities(void) { return Execute(Given("capable"), "capability", "21"); }

// A program that no file system holds, so that no mount option and no path rule applies to it.
static int FromMemory(void) {
  const int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  const int to = (int)syscall(SYS_memfd_create, "probe", 0U);
  if (to < 0) return errno;
  if (from < 0) return kBroken;
  char block[65536];
  for (ssize_t n; (n = read(from, block, sizeof block)) > 0;) {
    if (write(to, block, (size_t)n) != n) return kBroken;
  }
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", to);
  return Execute(path, "any", "0");
}

static int FromWorkFolder(void) {
  const char* path = WorkPath("program");
  const int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  const int to = open(path, O_WRONLY | O_CREAT | O_EXCL, 0700);
  if (from < 0 || to < 0) return kBroken;
  char block[65536];
  for (ssize_t n; (n = read(from, block, sizeof block)) > 0;) {
    if (write(to, block, (size_t)n) != n) return kBroken;
  }
  close(to);
  return Execute(path, "any", "0");
}

static const struct Act kActs[] = {
    {"execute_setuid_root", SetuidRoot},         {"execute_setuid_stranger", SetuidStranger},
    {"execute_setgid_stranger", SetgidStranger}, {"execute_file_capabilities", FileCapabilities},
    {"execute_from_memory", FromMemory},         {"execute_from_work_folder", FromWorkFolder},
};
const struct Theme kPrograms = THEME("programs", kActs);
