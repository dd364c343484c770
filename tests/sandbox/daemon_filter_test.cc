// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/filter/daemon_filter.h"

#include <linux/audit.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <iterator>
#include <string>

#include "sandbox/confine/capabilities.h"
#include "sandbox/confine/process_status.h"
#include "sandbox/filter/bpf_evaluator.h"
#include "sandbox/filter/call_numbers.h"
#include "sandbox/filter/groups.h"
#include "sandbox/sys/files.h"
#include "tests/testlib/child.h"
#include "tests/testlib/seccomp_export.h"

namespace postern::sandbox::filter {
namespace {

using testlib::StatusOfChild;

constexpr const char* kDenied[] = {"kexec_load",
                                   "kexec_file_load",
                                   "init_module",
                                   "finit_module",
                                   "delete_module",
                                   "reboot",
                                   "swapon",
                                   "swapoff",
                                   "acct",
                                   "iopl",
                                   "ioperm",
                                   "bpf",
                                   "perf_event_open",
                                   "userfaultfd",
                                   "io_uring_setup",
                                   "io_uring_enter",
                                   "io_uring_register"};

ProcessStatus Own() {
  return ParseProcessStatus(sys::ReadFile("/proc/self/status", 65536).value()).value();
}

// Arguments that no kernel does anything with, so that it answers otherwise where it answers.
bool IsRefused(long number) {
  return ::syscall(number, -1L, -1L, -1L, -1L, -1L, -1L) < 0 && errno == EPERM;
}

TEST_CASE("What no list may allow is what the filter denies, and all of it undoes a sandbox") {
  for (const char* call : kDenied) {
    CAPTURE(call);
    CHECK(IsDeniedToAll(call));
    CHECK(IsAlwaysDenied(NumberOf(call).value()));
  }
  for (const char* call : {"", "read", "ptrace", "mount", "setns", "quotactl", "kexec"}) {
    CHECK_FALSE(IsDeniedToAll(call));
  }
}

TEST_CASE("Each denied call fails with EPERM, and nothing else changes") {
  const unsigned before = Own().seccomp_filters;
  const int status = StatusOfChild([before] {
    if (DenyToAll() != true) return 100;
    const ProcessStatus now = Own();
    if (now.seccomp_mode != 2 || now.seccomp_filters != before + 1) return 101;
    if (now.no_new_privileges) return 102;
    if (::syscall(SYS_getuid) != 0 || ::syscall(SYS_unshare, 0) != 0) return 103;
    for (std::size_t index = 0; index < std::size(kDenied); ++index) {
      if (!IsRefused(NumberOf(kDenied[index]).value())) return static_cast<int>(index + 1);
    }
    return 0;
  });
  INFO((status > 0 && status < 100 ? kDenied[status - 1] : ""));
  CHECK(status == 0);
}

#ifdef __x86_64__
// The kernel that runs this may have neither ABI, so that the program is asked itself.
TEST_CASE("The 32-bit and x32 ABIs are judged alike, and go on working") {
  constexpr std::uint32_t kX32 = 0x40000000;
  const auto filter = MakeDaemonFilter();
  REQUIRE(filter);
  const FilterProgram program = testlib::ExportOf(filter->get());
  const auto answer = [&program](std::uint32_t architecture, int number) {
    CallFacts facts;
    facts.number = static_cast<std::uint32_t>(number);
    facts.architecture = architecture;
    return ActionText(Evaluate(program, facts).value());
  };
  for (const char* call : kDenied) {
    CAPTURE(call);
    const int here = ::seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, call);
    const int in_32 = ::seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86, call);
    const int in_x32 = ::seccomp_syscall_resolve_name_arch(SCMP_ARCH_X32, call);
    CHECK(answer(AUDIT_ARCH_X86_64, here) == "errno 1");
    CHECK((in_32 < 0 || answer(AUDIT_ARCH_I386, in_32) == "errno 1"));
    CHECK((in_x32 < 0 || answer(AUDIT_ARCH_X86_64, in_x32) == "errno 1"));
  }
  for (const char* call : {"read", "execve", "mount", "ptrace", "setns", "getpid", "quotactl"}) {
    CAPTURE(call);
    for (const std::uint32_t abi :
         std::initializer_list<std::uint32_t>{SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32}) {
      const int number = ::seccomp_syscall_resolve_name_arch(abi, call);
      CHECK(answer(abi == SCMP_ARCH_X86 ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64, number) == "allow");
    }
  }
  CHECK(answer(AUDIT_ARCH_X86_64, kX32 | 321) == "errno 1");  // bpf has one number in both
  CHECK(answer(AUDIT_ARCH_X86_64, 9999) == "allow");
  CHECK(answer(AUDIT_ARCH_AARCH64, 0) == "kill");
}
#endif

TEST_CASE("Who may not install it goes on without, and is told so") {
  CHECK(StatusOfChild([] {
          const unsigned before = Own().seccomp_filters;
          if (!SetCapabilities(0, 0, 0) || DenyToAll() != false) return 1;
          return Own().seccomp_filters == before && !Own().no_new_privileges ? 0 : 2;
        }) == 0);
  CHECK(StatusOfChild([] {
          if (!SetCapabilities(0, 0, 0) || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 1;
          return DenyToAll() == true && IsRefused(SYS_userfaultfd) ? 0 : 2;
        }) == 0);
}

}  // namespace
}  // namespace postern::sandbox::filter
