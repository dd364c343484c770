// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/helper_confinement.h"

#include <linux/capability.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

#include "sandbox/confine/credentials.h"
#include "sandbox/filter/libseccomp.h"
#include "sandbox/sys/process.h"

namespace postern::sandbox {
namespace {

using filter::CheckLib;
using filter::LibFilter;

sys::Status SetLimit(__rlimit_resource resource, rlim_t value, const char* name) {
  const rlimit limit{value, value};
  if (::setrlimit(resource, &limit) != 0) return sys::LastError("setrlimit", name);
  return {};
}

// Permitted, effective and inheritable: an unprivileged starter may have handed some on
// (capabilities(7), ambient set).
sys::Status DropCapabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capset, &header, none) != 0) return sys::LastError("capset");
  return {};
}

sys::Status ChangeUser(const std::optional<HelperUser>& user) {
  if (!user) {
    if (!sys::IsRoot()) return {};
    return std::unexpected(sys::Error{"setresuid", EPERM, "started as root without a user"});
  }
  if (user->uid == 0 || user->gid == 0) {
    return std::unexpected(sys::Error{"setresuid", EPERM, "the user must not be root"});
  }
  return BecomeUser({true, user->uid, user->gid, {}});
}

sys::Status Permit(const LibFilter& filter, const PermittedCall& call) {
  const int number = ::seccomp_syscall_resolve_name(call.name);
  if (number == __NR_SCMP_ERROR) {
    return std::unexpected(sys::Error{"seccomp_syscall_resolve_name", EINVAL, call.name});
  }
  if (number < 0) return {};
  std::array<scmp_arg_cmp, 2> rules{};
  unsigned count = 0;
  for (const ArgumentRule& rule : {call.first, call.second}) {
    if (!rule.present) continue;
    rules[count++] = {rule.index, SCMP_CMP_MASKED_EQ, rule.mask, rule.value};
  }
  return CheckLib(
      ::seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, number, count, rules.data()),
      "seccomp_rule_add", call.name);
}

}  // namespace

sys::Status GiveUpPrivileges(const std::optional<HelperUser>& user, std::uint64_t open_files) {
  const pid_t parent = ::getppid();
  TRY_STATUS(sys::RaiseOpenFilesLimit(open_files));
  TRY_STATUS(ChangeUser(user));
  TRY_STATUS(DropCapabilities());
  TRY_STATUS(sys::SetNoNewPrivileges());
  // Both are reset by a change of credentials, so they come after it (prctl(2)).
  TRY_STATUS(sys::ForbidInspection());
  TRY_STATUS(sys::SetParentDeathSignal(SIGKILL));
  if (::getppid() != parent) {
    return std::unexpected(sys::Error{"getppid", ESRCH, "the parent is gone"});
  }
  TRY_STATUS(SetLimit(RLIMIT_NPROC, 0, "RLIMIT_NPROC"));
  TRY_STATUS(SetLimit(RLIMIT_FSIZE, 0, "RLIMIT_FSIZE"));
  return SetLimit(RLIMIT_CORE, 0, "RLIMIT_CORE");
}

sys::Status PermitOnly(std::span<const PermittedCall> calls) {
  const LibFilter filter(::seccomp_init(SCMP_ACT_KILL_PROCESS));
  if (!filter) return std::unexpected(sys::Error{"seccomp_init", ENOMEM, ""});
  // Calls of another architecture (int 0x80, x32) end the process too, not the thread only.
  TRY_STATUS(
      CheckLib(::seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS),
               "seccomp_attr_set", "SCMP_FLTATR_ACT_BADARCH"));
  for (const PermittedCall& call : calls) TRY_STATUS(Permit(filter, call));
  return CheckLib(::seccomp_load(filter.get()), "seccomp_load", "");
}

}  // namespace postern::sandbox
