// SPDX-License-Identifier: BSD-2-Clause
// The first half: while the caller still has its rights.
#include "sandbox/confine/entering.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "sandbox/confine/cgroup.h"
#include "sandbox/confine/credentials.h"
#include "sandbox/confine/hardening.h"
#include "sandbox/confine/landlock.h"
#include "sandbox/confine/mount_calls.h"
#include "sandbox/confine/mount_view.h"
#include "sandbox/confine/open_path.h"
#include "sandbox/confine/resource_limits.h"
#include "sandbox/confine/user_namespace.h"
#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"

namespace postern::sandbox {
namespace {

constexpr std::size_t kMostStatus = std::size_t{4} << 20;  // thousands of groups

sys::Status Contradiction(const char* what) {
  return std::unexpected(sys::Error{"check", EINVAL, what});
}

bool IsEmpty(const FileView& files) {
  return !files.read_only_system && !files.minimal && files.root.empty() &&
         files.read_only_paths.empty() && files.read_write_paths.empty() &&
         files.hidden_paths.empty() && !files.private_tmp && !files.private_dev;
}

// What a machine says that does not offer something: too old, forbidden by its administrator or by
// the container around it, used up. Anything else went wrong.
bool IsRefusal(const sys::Error& error) {
  constexpr int kRefusals[] = {EACCES, EBUSY,  EINVAL, ENODEV, ENOENT,    ENOSPC,
                               ENOSYS, EUSERS, EPERM,  EROFS,  EOPNOTSUPP};
  return std::ranges::find(kRefusals, error.number) != std::end(kRefusals);
}

}  // namespace

Entering::Entering(const Profile& profile) : profile_(profile), privileged_(sys::IsRoot()) {}

sys::Status Entering::Missing(sys::Error error) {
  if (!profile_.tolerate_missing || !IsRefusal(error)) return std::unexpected(std::move(error));
  report_.warnings.push_back(std::string(step_) + ": " + error.ToString());
  return {};
}

sys::Status Entering::CheckPlan() {
  const FileView& files = profile_.files;
  TRY_STATUS(CheckIdentity(profile_.identity));
  if ((profile_.capabilities & ~profile_.bounding) != 0) {
    return Contradiction("capabilities beyond the bounding set");
  }
  if (!profile_.namespaces.mount && !IsEmpty(files)) {
    return Contradiction("a view of files without a mount namespace");
  }
  if (files.minimal && !files.root.empty()) return Contradiction("a minimal root and another root");
  if (!profile_.landlock.connect_ports.empty() && !profile_.landlock.restrict_tcp) {
    return Contradiction("ports to connect to without a restriction");
  }
  if (profile_.filter.size() > BPF_MAXINSNS)
    return Contradiction("a filter of too many instructions");
  if (privileged_ || !profile_.identity.change) return {};
  return std::unexpected(sys::Error{"check", EPERM, "a change of user without rights"});
}

sys::Status Entering::OpenProcess() {
  TRY(process_, OpenDirectory("/proc/self"));
  TRY(const std::string text, sys::ReadFile("/proc/self/status", kMostStatus));
  TRY(before_, ParseProcessStatus(text));
  // Most of what follows is a thread's own; another thread would stay as it is.
  if (before_.threads != 1) return std::unexpected(sys::Error{"check", EBUSY, "several threads"});
  TRY(namespaces_before_, ReadNamespaces(process_));
  status_ = sys::UniqueFd(::openat(process_.get(), "status", O_RDONLY | O_CLOEXEC));
  if (!status_) return sys::LastError("open", "/proc/self/status");
  return {};
}

sys::Status Entering::LeaveStarter() {
  ::umask(022);  // never fails
  return LeaveSession();
}

sys::Status Entering::ResetSignals() { return sandbox::ResetSignals(); }

sys::Status Entering::JoinKeyring() {
  if (!profile_.private_keyring) return {};
  sys::Status joined = JoinPrivateKeyring();
  if (!joined) return Missing(std::move(joined).error());
  return {};
}

sys::Status Entering::SetOomScore() {
  if (!profile_.oom_score_adjustment) return {};
  return sandbox::SetOomScore(process_, *profile_.oom_score_adjustment);
}

sys::Status Entering::SetPriority() {
  if (!profile_.priority) return {};
  return sandbox::SetPriority(*profile_.priority);
}

sys::Status Entering::EnterCgroup() {
  const CgroupLimits& limits = profile_.cgroup;
  if (!limits.any()) return {};
  sys::Result<ServiceCgroup> cgroup = ServiceCgroup::Make(profile_.service, limits);
  if (!cgroup) return Missing(std::move(cgroup).error());
  TRY_STATUS(cgroup->SetLimits(limits));
  return cgroup->EnterSelf();
}

sys::Status Entering::SetLimits() { return PrepareLimits(profile_.limits); }

// Only whoever starts a process can give it a pid namespace; its first process is 1 in there.
sys::Status Entering::CheckPidNamespace() {
  if (!profile_.namespaces.pid) return {};
  left_.pid = sys::OwnPid() == 1;
  if (left_.pid) return {};
  return Missing(sys::Error{"getpid", EPERM, "not the first process of one"});
}

sys::Status Entering::EnterOwnUserNamespace() {
  const NamespacePlan& wanted = profile_.namespaces;
  const bool needed = wanted.user || wanted.mount || wanted.net || wanted.ipc || wanted.uts ||
                      wanted.cgroup || wanted.time;
  if (privileged_ || !needed) return {};
  // Whoever made our pid namespace without rights could do so only in a user namespace of ours.
  if ((before_.capabilities.effective & Capability(CAP_SYS_ADMIN)) != 0) return {};
  sys::Status entered = EnterUserNamespaceUnprivileged(process_, profile_.identity);
  left_.user = entered.has_value();
  if (!entered) return Missing(std::move(entered).error());
  return {};
}

sys::Status Entering::Leave(bool wanted, Namespace kind, bool& left) {
  if (!wanted) return {};
  sys::Status done = LeaveNamespace(kind);
  left = done.has_value();
  if (!done) return Missing(std::move(done).error());
  // Looked at right away: in the host's own mount namespace, what comes next would be its ruin.
  TRY(const NamespaceIds now, ReadNamespaces(process_));
  if (now.of(kind) != namespaces_before_.of(kind)) return {};
  return std::unexpected(sys::Error{"unshare", EPROTO, std::string(NamespaceText(kind))});
}

sys::Status Entering::LeaveNamespaces() {
  const NamespacePlan& wanted = profile_.namespaces;
  // The caller is in its control group by now, so that is the root of the new namespace.
  TRY_STATUS(Leave(wanted.cgroup, Namespace::kCgroup, left_.cgroup));
  TRY_STATUS(Leave(wanted.ipc, Namespace::kIpc, left_.ipc));
  TRY_STATUS(Leave(wanted.uts, Namespace::kUts, left_.uts));
  TRY_STATUS(Leave(wanted.net, Namespace::kNet, left_.net));
  TRY_STATUS(Leave(wanted.time, Namespace::kTime, left_.time));
  if (left_.time) TRY_STATUS(HideBootTime(process_));
  return Leave(wanted.mount, Namespace::kMount, left_.mount);
}

sys::Status Entering::ShapeFiles() {
  if (!left_.mount) return {};
  const sys::Status supported = RequireMountCalls();
  if (!supported)
    return supported.error().number == ENOSYS ? Missing(supported.error()) : supported;
  return BuildView({profile_.files, profile_.programs, profile_.no_new_privileges, left_.pid,
                    profile_.learning.has_value()});
}

sys::Status Entering::MakeLandlockRules() {
  const LandlockPlan& plan = profile_.landlock;
  if (!plan.enabled) return {};
  TRY(const int abi, LandlockAbi());
  if (abi == 0) return Missing(sys::Error{"landlock_create_ruleset", ENOSYS, {}});
  // Also where the ports are none at all: the filter lets connect(2) through for Landlock to judge.
  if (plan.restrict_tcp && abi < kLandlockTcpAbi) {
    TRY_STATUS(Missing(sys::Error{"landlock_create_ruleset", ENOSYS, "connect_to"}));
  }
  TRY(ruleset_, MakeServiceRuleset(profile_, abi));
  report_.landlock_abi = abi;
  return {};
}

sys::Status Entering::SetGroups() {
  if (!profile_.identity.change) return {};
  TRY_STATUS(sandbox::SetGroups(profile_.identity.groups));
  return VerifyGroups(profile_.identity);
}

sys::Status Entering::EnterUserNamespace() {
  if (!privileged_ || !profile_.namespaces.user) return {};
  sys::Status entered = sandbox::EnterUserNamespace(process_, profile_.identity);
  left_.user = entered.has_value();
  if (entered) return {};
  // Only the kernel's refusal to make one leaves things as they were.
  if (std::string_view(entered.error().call) != "unshare") return entered;
  return Missing(std::move(entered).error());
}

sys::Status Entering::SetUser() {
  if (!profile_.identity.change) return {};
  TRY_STATUS(SetGroup(profile_.identity.gid));
  return sandbox::SetUser(profile_.identity.uid, true);
}

}  // namespace postern::sandbox
