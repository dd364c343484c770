// SPDX-License-Identifier: BSD-2-Clause
// Ways through /proc: to the kernel's settings and memory, to other processes, to the own program.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

static int SysrqTrigger(void) { return OpenOutcome("/proc/sysrq-trigger", O_WRONLY); }
static int Kcore(void) { return OpenOutcome("/proc/kcore", O_RDONLY); }
static int Kmsg(void) { return OpenOutcome("/proc/kmsg", O_RDONLY | O_NONBLOCK); }
static int CorePattern(void) { return OpenOutcome("/proc/sys/kernel/core_pattern", O_WRONLY); }
static int Modprobe(void) { return OpenOutcome("/proc/sys/kernel/modprobe", O_WRONLY); }
static int HostName(void) { return OpenOutcome("/proc/sys/kernel/hostname", O_WRONLY); }
static int Forwarding(void) { return OpenOutcome("/proc/sys/net/ipv4/ip_forward", O_WRONLY); }
static int BinfmtRegister(void) {
  return OpenOutcome("/proc/sys/fs/binfmt_misc/register", O_WRONLY);
}
static int IrqAffinity(void) { return OpenOutcome("/proc/irq/default_smp_affinity", O_WRONLY); }
static int KernelSymbols(void) {
  FILE* file = fopen("/proc/kallsyms", "re");
  unsigned long address = 0;
  if (file == NULL) return errno;
  const int read = fscanf(file, "%lx", &address);
  fclose(file);
  return read == 1 && address != 0 ? 0 : kNothing;
}

// Of a process by its number; 0 is one that has no name here.
static const char* ProcPath(long pid, const char* name) {
  static char path[64];
  if (pid == 0) return "/proc/0";
  snprintf(path, sizeof path, "/proc/%ld/%s", pid, name);
  return path;
}
static long Sibling(void) { return GivenNumber("sibling"); }

static int InitRoot(void) { return ListOutcome("/proc/1/root/etc"); }
static int InitMemory(void) { return OpenOutcome("/proc/1/mem", O_RDWR); }
static int InitEnvironment(void) { return ReadOutcome("/proc/1/environ"); }
static int InitDescriptors(void) { return ListOutcome("/proc/1/fd"); }
static int ZygoteMemory(void) { return OpenOutcome(ProcPath(start.zygote, "mem"), O_RDWR); }
static int ZygoteEnvironment(void) { return ReadOutcome(ProcPath(start.zygote, "environ")); }
static int ZygoteMaps(void) { return ReadOutcome(ProcPath(start.zygote, "maps")); }
static int ZygoteDescriptors(void) { return ListOutcome(ProcPath(start.zygote, "fd")); }
static int ZygoteRoot(void) { return ListOutcome(ProcPath(start.zygote, "root/etc")); }
static int ZygoteFolder(void) { return ListOutcome(ProcPath(start.zygote, "cwd/")); }
static int SiblingMemory(void) { return OpenOutcome(ProcPath(Sibling(), "mem"), O_RDWR); }
static int SiblingEnvironment(void) { return ReadOutcome(ProcPath(Sibling(), "environ")); }
static int SiblingMaps(void) { return ReadOutcome(ProcPath(Sibling(), "maps")); }
static int SiblingDescriptors(void) { return ListOutcome(ProcPath(Sibling(), "fd")); }
static int SiblingRoot(void) { return ListOutcome(ProcPath(Sibling(), "root/etc")); }
static int SiblingAuxv(void) { return ReadOutcome(ProcPath(Sibling(), "auxv")); }
static int SiblingOomScore(void) {
  return OpenOutcome(ProcPath(Sibling(), "oom_score_adj"), O_WRONLY);
}
static int SeeHostProcess(void) {
  if (Given("host_pid") == NULL) return kNotAsked;
  return ListOutcome(ProcPath(GivenNumber("host_pid"), ""));
}

// CVE-2019-5736: a program that runs cannot be written (ETXTBSY); one that has ended can.
static int WriteOwnProgram(void) { return OpenOutcome("/proc/self/exe", O_WRONLY); }

static int LowerOomScore(void) {
  const int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int outcome = Outcome(write(fd, "-900", 4));
  close(fd);
  return outcome;
}
static int ChangeLoginUid(void) {
  const int fd = open("/proc/self/loginuid", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int outcome = Outcome(write(fd, "12345", 5));
  close(fd);
  return outcome;
}

static const struct Act kActs[] = {
    {"open_sysrq_trigger", SysrqTrigger},
    {"open_kcore", Kcore},
    {"open_kmsg", Kmsg},
    {"open_core_pattern", CorePattern},
    {"open_modprobe_path", Modprobe},
    {"open_host_name", HostName},
    {"open_ip_forward", Forwarding},
    {"open_binfmt_register", BinfmtRegister},
    {"open_irq_affinity", IrqAffinity},
    {"read_kernel_addresses", KernelSymbols},
    {"list_init_root", InitRoot},
    {"open_init_memory", InitMemory},
    {"read_init_environment", InitEnvironment},
    {"list_init_descriptors", InitDescriptors},
    {"open_zygote_memory", ZygoteMemory},
    {"read_zygote_environment", ZygoteEnvironment},
    {"read_zygote_maps", ZygoteMaps},
    {"list_zygote_descriptors", ZygoteDescriptors},
    {"list_zygote_root", ZygoteRoot},
    {"list_zygote_folder", ZygoteFolder},
    {"open_sibling_memory", SiblingMemory},
    {"read_sibling_environment", SiblingEnvironment},
    {"read_sibling_maps", SiblingMaps},
    {"list_sibling_descriptors", SiblingDescriptors},
    {"list_sibling_root", SiblingRoot},
    {"read_sibling_auxiliary_vector", SiblingAuxv},
    {"open_sibling_oom_score", SiblingOomScore},
    {"see_host_process", SeeHostProcess},
    {"write_own_program", WriteOwnProgram},
    {"lower_own_oom_score", LowerOomScore},
    {"change_login_uid", ChangeLoginUid},
};
const struct Theme kProcFiles = THEME("proc", kActs);
