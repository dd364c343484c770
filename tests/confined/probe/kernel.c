// SPDX-License-Identifier: BSD-2-Clause
// Parts of the kernel that no network service needs and through which kernels were taken over.
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/io.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "probe.h"

static int LoadBpf(void) {
  const struct bpf_insn code[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K},
                                  {.code = BPF_JMP | BPF_EXIT}};
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
  attributes.insns = (unsigned long)code;
  attributes.insn_cnt = 2;
  attributes.license = (unsigned long)"BSD";
  return Outcome(syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes));
}
static int MakeBpfMap(void) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.map_type = BPF_MAP_TYPE_ARRAY;
  attributes.key_size = 4;
  attributes.value_size = 4;
  attributes.max_entries = 1;
  return Outcome(syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes));
}
static int PerfEvent(void) {
  struct perf_event_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_CPU_CLOCK;
  return Outcome(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0UL));
}
static int Userfaultfd(void) { return Outcome(syscall(SYS_userfaultfd, O_CLOEXEC)); }
static int IoUring(void) {
  struct io_uring_params parameters;
  memset(&parameters, 0, sizeof parameters);
  return Outcome(syscall(SYS_io_uring_setup, 1U, &parameters));
}
static int Aio(void) {
  unsigned long context = 0;
  return Outcome(syscall(SYS_io_setup, 1U, &context));
}

static int AddKey(void) {
  return Outcome(syscall(SYS_add_key, "user", "postern-probe", "x", 1UL, -1 /* thread's own */));
}
static int RequestKey(void) {
  // ENOKEY: it was looked for.
  return Permitted(syscall(SYS_request_key, "user", "postern-probe-none", NULL, 0), ENOKEY);
}
static int Keyctl(void) {
  return Outcome(syscall(SYS_keyctl, 0 /* get id */, -3 /* session */, 1));
}

static int InitModule(void) {
  return PermittedBy(syscall(SYS_init_module, "rubbish", 7UL, ""), ENOEXEC, EINVAL);
}
static int FinitModule(void) {
  return PermittedBy(syscall(SYS_finit_module, -1, "", 0), EBADF, EINVAL);
}
static int DeleteModule(void) {
  return Permitted(syscall(SYS_delete_module, "postern_probe", O_NONBLOCK), ENOENT);
}
// Too many segments, and a file that is none.
static int KexecLoad(void) {
  return Permitted(syscall(SYS_kexec_load, 0UL, 1000UL, NULL, 0UL), EINVAL);
}
static int KexecFileLoad(void) {
  return PermittedBy(syscall(SYS_kexec_file_load, -1, -1, 0UL, "", 0UL), EBADF, EINVAL);
}
// The wrong magic number: EINVAL comes after the check of rights.
static int Reboot(void) { return Permitted(syscall(SYS_reboot, 0, 0, 0, NULL), EINVAL); }
static int Iopl(void) { return Outcome(iopl(3)); }
static int Ioperm(void) { return Outcome(ioperm(0x80, 1, 1)); }
static int ModifyLdt(void) {
  char table[16];
  return Outcome(syscall(SYS_modify_ldt, 0, table, sizeof table));
}
static int ReadKernelLog(void) {
  char text[64];
  return Outcome(klogctl(3, text, sizeof text));
}
static int QuietKernelLog(void) {
  // SYSLOG_ACTION_CONSOLE_LEVEL with a level that does not exist.
  return Permitted(klogctl(8, NULL, 99), EINVAL);
}

static int Persona(void) {
  const int old = personality(0xffffffff);
  if (old < 0) return errno;
  return Outcome(personality((unsigned long)old | READ_IMPLIES_EXEC));
}
static int PersonaNoRandomness(void) { return Outcome(personality(ADDR_NO_RANDOMIZE)); }
static int LookupDcookie(void) {
  char path[16];
  return Permitted(syscall(SYS_lookup_dcookie, 1UL, path, sizeof path), EINVAL);
}
static int Vmsplice(void) {
  int ends[2];
  if (pipe(ends) != 0) return kBroken;
  const struct iovec text = {(char*)"x", 1};
  return Outcome(vmsplice(ends[1], &text, 1, 0));
}
static int Mbind(void) {
  void* page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return Outcome(syscall(SYS_mbind, page, 4096UL, 0, NULL, 0UL, 0U));
}
static int SetMempolicy(void) { return Outcome(syscall(SYS_set_mempolicy, 0, NULL, 0UL)); }

static int Listener(void) {
  struct sock_filter allow[] = {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
  const struct sock_fprog program = {1, allow};
  return Outcome(
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program));
}
static int MemorySecret(void) { return Outcome(syscall(447 /* memfd_secret */, 0U)); }
static int Fanotify(void) { return Outcome(syscall(SYS_fanotify_init, 0U, O_RDONLY)); }
static int UselibCall(void) { return Permitted(syscall(SYS_uselib, "/nonexistent/probe"), ENOENT); }
static int Ustat(void) {
  char result[64];
  return Permitted(syscall(SYS_ustat, 0U, result), EINVAL);
}
static int Sysfs(void) { return Outcome(syscall(SYS_sysfs, 3 /* how many types */)); }
static int DisableTsc(void) { return Outcome(prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0)); }
static int SpeculationOn(void) {
  return Outcome(prctl(PR_SET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, PR_SPEC_ENABLE, 0, 0));
}

static const struct Act kActs[] = {
    {"bpf_load", LoadBpf},
    {"bpf_map", MakeBpfMap},
    {"perf_event_open", PerfEvent},
    {"userfaultfd", Userfaultfd},
    {"io_uring_setup", IoUring},
    {"io_setup", Aio},
    {"add_key", AddKey},
    {"request_key", RequestKey},
    {"keyctl", Keyctl},
    {"init_module", InitModule},
    {"finit_module", FinitModule},
    {"delete_module", DeleteModule},
    {"kexec_load", KexecLoad},
    {"kexec_file_load", KexecFileLoad},
    {"reboot", Reboot},
    {"iopl", Iopl},
    {"ioperm", Ioperm},
    {"modify_ldt", ModifyLdt},
    {"syslog_read", ReadKernelLog},
    {"syslog_console_level", QuietKernelLog},
    {"personality_read_implies_exec", Persona},
    {"personality_no_randomness", PersonaNoRandomness},
    {"lookup_dcookie", LookupDcookie},
    {"vmsplice", Vmsplice},
    {"mbind", Mbind},
    {"set_mempolicy", SetMempolicy},
    {"seccomp_new_listener", Listener},
    {"memfd_secret", MemorySecret},
    {"fanotify_init", Fanotify},
    {"uselib", UselibCall},
    {"ustat", Ustat},
    {"sysfs", Sysfs},
    {"disable_time_stamp_counter", DisableTsc},
    {"enable_speculation", SpeculationOn},
};
const struct Theme kKernel = THEME("kernel", kActs);
