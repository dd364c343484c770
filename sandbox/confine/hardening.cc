// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/hardening.h"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/prctl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>

#include "sandbox/sys/files.h"

namespace postern::sandbox {
namespace {

// Linux 6.3; Debian 12's headers are older.
constexpr int kSetMdwe = 65;  // PR_SET_MDWE
constexpr int kGetMdwe = 66;
constexpr unsigned long kRefuseExecGain = 1;  // PR_MDWE_REFUSE_EXEC_GAIN

sys::Status ForceOff(unsigned long weakness, const char* name) {
  const int state = ::prctl(PR_GET_SPECULATION_CTRL, weakness, 0, 0, 0);
  // ENODEV, EINVAL: this architecture or kernel knows no such control.
  if (state < 0 && (errno == ENODEV || errno == EINVAL)) return {};
  if (state < 0) return sys::LastError("prctl", name);
  const auto bits = static_cast<unsigned long>(state);
  const bool ours_to_set = (bits & PR_SPEC_PRCTL) != 0 && (bits & PR_SPEC_FORCE_DISABLE) == 0;
  if (!ours_to_set) return {};
  if (::prctl(PR_SET_SPECULATION_CTRL, weakness, PR_SPEC_FORCE_DISABLE, 0, 0) != 0) {
    return sys::LastError("prctl", name);
  }
  return {};
}

}  // namespace

sys::Status LeaveSession() {
  const pid_t session = ::getsid(0);
  if (session < 0) return sys::LastError("getsid");
  if (session == ::getpid()) return {};
  if (::setsid() < 0) return sys::LastError("setsid");
  return {};
}

sys::Status ResetSignals() {
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    // Two belong to libc, which refuses to have them touched (32 and 33, nptl(7)).
    if (signal == SIGKILL || signal == SIGSTOP || (signal > SIGSYS && signal < SIGRTMIN)) continue;
    if (::sigaction(signal, &action, nullptr) != 0) return sys::LastError("sigaction");
  }
  sigset_t none;
  ::sigemptyset(&none);
  if (::sigprocmask(SIG_SETMASK, &none, nullptr) != 0) return sys::LastError("sigprocmask");
  return {};
}

sys::Status SetPriority(int priority) {
  if (::setpriority(PRIO_PROCESS, 0, priority) != 0) return sys::LastError("setpriority");
  // -1 is a priority and a failure; only errno tells them apart (getpriority(2)).
  errno = 0;
  const int now = ::getpriority(PRIO_PROCESS, 0);
  if (now == -1 && errno != 0) return sys::LastError("getpriority");
  if (now != priority) return std::unexpected(sys::Error{"setpriority", ERANGE, {}});
  return {};
}

sys::Status SetOomScore(const sys::UniqueFd& own_process, int adjustment) {
  const char* const name = "oom_score_adj";
  const sys::UniqueFd file(::openat(own_process.get(), name, O_RDWR | O_CLOEXEC));
  if (!file) return sys::LastError("open", name);
  const std::string text = std::to_string(adjustment);
  if (::pwrite(file.get(), text.data(), text.size(), 0) < 0) return sys::LastError("write", name);
  TRY(const std::string now, sys::ReadAll(file, 64));
  if (now != text + "\n") return std::unexpected(sys::Error{"write", ERANGE, name});
  return {};
}

sys::Status JoinPrivateKeyring() {
  if (::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr) < 0) {
    return sys::LastError("keyctl", "KEYCTL_JOIN_SESSION_KEYRING");
  }
  return {};
}

sys::Status LockMemoryProtection() {
  if (::prctl(kSetMdwe, kRefuseExecGain, 0, 0, 0) != 0)
    return sys::LastError("prctl", "PR_SET_MDWE");
  return {};
}

sys::Result<bool> IsMemoryProtectionLocked() {
  const int bits = ::prctl(kGetMdwe, 0, 0, 0, 0);
  if (bits < 0 && errno == EINVAL) return false;
  if (bits < 0) return sys::LastError("prctl", "PR_GET_MDWE");
  return (static_cast<unsigned>(bits) & kRefuseExecGain) != 0;
}

sys::Status MitigateSpeculation() {
  TRY_STATUS(ForceOff(PR_SPEC_STORE_BYPASS, "PR_SPEC_STORE_BYPASS"));
  return ForceOff(PR_SPEC_INDIRECT_BRANCH, "PR_SPEC_INDIRECT_BRANCH");
}

}  // namespace postern::sandbox
