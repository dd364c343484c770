// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/machine_tries.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "sandbox/confine/hardening.h"
#include "sandbox/confine/mount_calls.h"
#include "sandbox/confine/open_path.h"
#include "sandbox/sys/process.h"

namespace postern::sandbox {
namespace {

// Whether filters may answer a call like this.
sys::Status HasAction(std::uint32_t action, const char* name) {
  if (::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) != 0) {
    return sys::LastError("seccomp", name);
  }
  return {};
}

// "store bypass: the processor has it not"
std::string WeaknessText(unsigned long weakness, const char* name) {
  const int state = ::prctl(PR_GET_SPECULATION_CTRL, weakness, 0, 0, 0);
  const auto bits = static_cast<unsigned long>(state);
  const char* told = "off for everybody";
  if (state < 0) {
    told = "no control";
  } else if (bits == PR_SPEC_NOT_AFFECTED) {
    told = "the processor has it not";
  } else if ((bits & PR_SPEC_PRCTL) != 0) {
    told = "each process may switch it off";
  } else if ((bits & PR_SPEC_ENABLE) != 0) {
    told = "on for everybody";
  }
  return std::string(name) + ": " + told;
}

}  // namespace

Tried TrySeccomp() {
  TRY_STATUS(HasAction(SECCOMP_RET_KILL_PROCESS, "kill"));
  TRY_STATUS(HasAction(SECCOMP_RET_ERRNO, "errno"));
  TRY_STATUS(HasAction(SECCOMP_RET_LOG, "log"));
  TRY_STATUS(sys::SetNoNewPrivileges());
  sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program{1, allow};
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) {
    return sys::LastError("seccomp", "SECCOMP_SET_MODE_FILTER");
  }
  return "filters; kill, errno, log";
}

Tried TrySeccompNotify() {
  TRY_STATUS(HasAction(SECCOMP_RET_USER_NOTIF, "notify"));
  return std::string();
}

Tried TryNoNewPrivileges() {
  TRY_STATUS(sys::SetNoNewPrivileges());
  return std::string();
}

Tried TryNamespace(Namespace kind) {
  TRY_STATUS(LeaveNamespace(kind));
  return std::string();
}

Tried TryMountCalls() {
  // First: without rights over the mount namespace, the kernel says EPERM to whatever is asked.
  TRY_STATUS(LeaveNamespace(Namespace::kMount));
  TRY_STATUS(RequireMountCalls());
  const sys::UniqueFd root(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return sys::LastError("open", "/");
  TRY(const sys::UniqueFd copy, CopyTree(root, "", Depth::kWithSubmounts));
  TRY_STATUS(AddAttributes(copy, kReadOnly, Depth::kWithSubmounts, "/"));
  return "open_tree, mount_setattr";
}

// Nothing is mounted: fsconfig(2) already refuses a word that it does not know.
Tried TryHiddenProcesses() {
  TRY_STATUS(LeaveNamespace(Namespace::kMount));
  const auto context = static_cast<int>(::syscall(SYS_fsopen, "proc", 1U /* FSOPEN_CLOEXEC */));
  if (context < 0) return sys::LastError("fsopen", "proc");
  const sys::UniqueFd held(context);
  constexpr unsigned kSetString = 1;  // FSCONFIG_SET_STRING
  if (::syscall(SYS_fsconfig, context, kSetString, "hidepid", "ptraceable", 0) != 0) {
    return sys::LastError("fsconfig", "hidepid=ptraceable");
  }
  return "hidepid=ptraceable";
}

Tried TryMemoryProtection() {
  TRY_STATUS(LockMemoryProtection());
  return std::string();
}

Tried TrySpeculation() {
  // EINVAL, ENODEV: a kernel or a processor without the interface, for either weakness.
  const bool known = ::prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, 0, 0, 0) >= 0 ||
                     ::prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_INDIRECT_BRANCH, 0, 0, 0) >= 0;
  if (!known) return sys::LastError("prctl", "PR_GET_SPECULATION_CTRL");
  TRY_STATUS(MitigateSpeculation());
  return WeaknessText(PR_SPEC_STORE_BYPASS, "store bypass") + "; " +
         WeaknessText(PR_SPEC_INDIRECT_BRANCH, "indirect branches");
}

Tried TryKeyring() {
  TRY_STATUS(JoinPrivateKeyring());
  return std::string();
}

Tried TryPidfd() {
  TRY(const sys::UniqueFd own, sys::OpenPidfd(sys::OwnPid()));
  TRY_STATUS(sys::SignalPidfd(own, 0));
  return "pidfd_open, pidfd_send_signal";
}

Tried TryCloseRange() {
  if (::syscall(SYS_close_range, ~0U, ~0U, CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) != 0) {
    return sys::LastError("close_range", "CLOSE_RANGE_CLOEXEC");
  }
  return std::string();
}

}  // namespace postern::sandbox
