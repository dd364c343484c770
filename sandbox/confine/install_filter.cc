// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/install_filter.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace postern::sandbox {
namespace {

static_assert(sizeof(FilterInstruction) == sizeof(sock_filter) &&
              offsetof(FilterInstruction, jump_true) == offsetof(sock_filter, jt) &&
              offsetof(FilterInstruction, jump_false) == offsetof(sock_filter, jf) &&
              offsetof(FilterInstruction, operand) == offsetof(sock_filter, k));

// 0, or the listener where `flags` ask for one; -1 with errno.
long Install(const FilterProgram& filter, unsigned long flags) {
  // The kernel only reads it; its structure lacks a const.
  const struct {
    unsigned short length;
    const FilterInstruction* instructions;
  } program{static_cast<unsigned short>(filter.size()), filter.data()};
  static_assert(sizeof program == sizeof(sock_fprog));
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

}  // namespace

sys::Status InstallFilter(const FilterProgram& program) {
  if (Install(program, 0) != 0) return sys::LastError("seccomp");
  return {};
}

sys::Result<sys::UniqueFd> InstallListeningFilter(const FilterProgram& program) {
  seccomp_notif_sizes sizes{};
  if (::syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) != 0) {
    return sys::LastError("seccomp", "SECCOMP_GET_NOTIF_SIZES");
  }
  if (sizes.seccomp_notif > kNotificationRoom) {
    return std::unexpected(sys::Error{"seccomp", E2BIG, "SECCOMP_GET_NOTIF_SIZES"});
  }
  // A caller whose call was received wakes up for its end alone (Linux 5.19).
  constexpr unsigned long kListening = SECCOMP_FILTER_FLAG_NEW_LISTENER;
  long listener = Install(program, kListening | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
  if (listener < 0 && errno == EINVAL) listener = Install(program, kListening);
  if (listener < 0) return sys::LastError("seccomp", "SECCOMP_FILTER_FLAG_NEW_LISTENER");
  return sys::UniqueFd(static_cast<int>(listener));
}

FilterProgram KillingInstead(FilterProgram program) {
  for (FilterInstruction& instruction : program) {
    const bool asks = instruction.code == (BPF_RET | BPF_K) &&
                      (instruction.operand & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF;
    if (asks) instruction.operand = SECCOMP_RET_KILL_PROCESS;
  }
  return program;
}

}  // namespace postern::sandbox
