// SPDX-License-Identifier: BSD-2-Clause
// Calls by another ABI than the native one, or of no number the kernel has: a filter that looks at
// native numbers alone would let the first two do anything.
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

#ifdef __x86_64__
static long Int80(long number) {
  long result;
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "a"(number), "b"(0), "c"(0), "d"(0)
                   : "memory", "r8", "r9", "r10", "r11");
  return result;
}
static int GetpidI386(void) { return Int80(20) == getpid() ? 0 : ENOSYS; }
static int MountI386(void) {
  const long result = Int80(21);  // mount(NULL…): EFAULT or EINVAL to who is let through
  return result == -ENOSYS || result == -EPERM ? (int)-result : 0;
}
static int GetpidX32(void) { return Outcome(syscall(SYS_getpid | 0x40000000)); }
static int PtraceX32(void) { return Outcome(syscall(521 | 0x40000000, 0, 0, 0, 0)); }
#endif

static int UnknownNumber(void) { return Outcome(syscall(9999)); }
static int NegativeNumber(void) { return Outcome(syscall(-2)); }
static int HighNumber(void) { return Outcome(syscall(0x7fffffff)); }

static const struct Act kActs[] = {
#ifdef __x86_64__
    {"i386_getpid", GetpidI386},       {"i386_mount", MountI386},
    {"x32_getpid", GetpidX32},         {"x32_ptrace", PtraceX32},
#endif
    {"unknown_number", UnknownNumber}, {"negative_number", NegativeNumber},
    {"highest_number", HighNumber},
};
const struct Theme kForeignCalls = THEME("foreign calls", kActs);
