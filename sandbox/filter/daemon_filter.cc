// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/filter/daemon_filter.h"

#include <algorithm>
#include <cstdint>

namespace postern::sandbox::filter {
namespace {

// Most take a capability that the daemon gave up. A program of root's gets it back by execve(2),
// and some take none where the machine's administrator was generous.
constexpr const char* kDenied[] = {
    "kexec_load",        // another kernel in the place of this one
    "kexec_file_load",   // the same
    "init_module",       // code into the kernel
    "finit_module",      // the same
    "delete_module",     // and out of it
    "reboot",            // for everybody; init(8) is asked by other ways
    "swapon",            // the memory of every process in a file of one's choice
    "swapoff",           // and all of it back at once
    "acct",              // the kernel writes a file of one's choice
    "iopl",              // the hardware, past the kernel
    "ioperm",            // the same
    "bpf",               // programs in the kernel
    "perf_event_open",   // watches the kernel and everybody; long a source of faults
    "userfaultfd",       // stops the kernel in the midst of a copy, as exploits like it
    "io_uring_setup",    // does what other calls do, past every filter
    "io_uring_enter",    // the same, by a ring that was handed over
    "io_uring_register"  // the same
};

// The other ABIs of the kernel that runs us. libseccomp gives a rule its number in each; a call of
// any other ABI ends the process.
constexpr std::uint32_t kOtherArchitectures[] = {
#if defined(__x86_64__)
    SCMP_ARCH_X86, SCMP_ARCH_X32
#elif defined(__aarch64__)
    SCMP_ARCH_ARM
#endif
};

}  // namespace

bool IsDeniedToAll(std::string_view call) {
  return std::ranges::any_of(kDenied, [call](std::string_view denied) { return denied == call; });
}

sys::Result<LibFilter> MakeDaemonFilter() {
  LibFilter filter(::seccomp_init(SCMP_ACT_ALLOW));
  if (!filter) return std::unexpected(sys::Error{"seccomp_init", ENOMEM, ""});
  const auto set = [&filter](scmp_filter_attr attribute, std::uint32_t value, const char* name) {
    return CheckLib(::seccomp_attr_set(filter.get(), attribute, value), "seccomp_attr_set", name);
  };
  TRY_STATUS(set(SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS, "SCMP_FLTATR_ACT_BADARCH"));
  TRY_STATUS(set(SCMP_FLTATR_CTL_NNP, 0, "SCMP_FLTATR_CTL_NNP"));
  TRY_STATUS(set(SCMP_FLTATR_API_SYSRAWRC, 1, "SCMP_FLTATR_API_SYSRAWRC"));
  // Whether speculation is mitigated is a sandbox's business (confine/hardening.h): a kernel before
  // 5.16 would slow down every service.
  TRY_STATUS(set(SCMP_FLTATR_CTL_SSB, 1, "SCMP_FLTATR_CTL_SSB"));
  for (const std::uint32_t architecture : kOtherArchitectures) {
    TRY_STATUS(CheckLib(::seccomp_arch_add(filter.get(), architecture), "seccomp_arch_add", ""));
  }
  for (const char* call : kDenied) {
    const int number = ::seccomp_syscall_resolve_name(call);
    TRY_STATUS(
        CheckLib(::seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), number, 0), call, ""));
  }
  return filter;
}

sys::Result<bool> DenyToAll() {
  TRY(const LibFilter filter, MakeDaemonFilter());
  const auto loaded = CheckLib(::seccomp_load(filter.get()), "seccomp_load", "");
  if (!loaded && loaded.error().number == EACCES) return false;
  TRY_STATUS(loaded);
  return true;
}

}  // namespace postern::sandbox::filter
