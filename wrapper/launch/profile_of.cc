// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/launch/profile_of.h"

#include <algorithm>
#include <utility>

#include "sandbox/confine/capabilities.h"
#include "sandbox/confine/landlock.h"
#include "sandbox/confine/process_status.h"
#include "sandbox/filter/filter.h"
#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"
#include "wrapper/launch/launch_plan.h"

namespace postern::wrapper {

namespace filter = sandbox::filter;
using policy::Confinement;
using policy::NetworkAccess;
using policy::SandboxProfile;
using sandbox::Network;

namespace {

Network NetworkOf(NetworkAccess access) {
  switch (access) {
    case NetworkAccess::kInherited:
      return Network::kInherited;
    case NetworkAccess::kRelay:
      return Network::kRelay;
    case NetworkAccess::kClient:
      return Network::kClient;
    case NetworkAccess::kServer:
      return Network::kServer;
    case NetworkAccess::kHost:
      return Network::kHost;
  }
  return Network::kInherited;
}

filter::Unlisted UnlistedOf(policy::SyscallAction action) {
  switch (action) {
    case policy::SyscallAction::kKill:
      return filter::Unlisted::kKill;
    case policy::SyscallAction::kErrno:
      return filter::Unlisted::kErrno;
    case policy::SyscallAction::kLog:
      return filter::Unlisted::kLog;
  }
  return filter::Unlisted::kKill;
}

sandbox::ProgramToRun ProgramOf(const sandbox::LaunchPlan& plan) {
  const auto& parts = plan.parts();
  return {parts.path, parts.argv, parts.environment, parts.umask};
}

std::vector<sandbox::ProgramToRun> ProgramsOf(const policy::ServiceSpec& spec,
                                              const sandbox::LaunchPlan& plan) {
  const sandbox::ProgramToRun written = ProgramOf(plan);
  // hosts_options(5), twist: a command of the shell in the place of the program.
  sandbox::ProgramToRun twist = written;
  twist.path = "/bin/sh";
  const std::string variable = kTwistVariable;
  twist.argv = {"sh", "-c",
                "twist=$" + variable + "; unset " + variable + "; exec /bin/sh -c \"$twist\""};
  return {written, spec.wrapped ? ProgramOf(*Unwrapped(plan, *spec.wrapped)) : written, twist};
}

std::expected<sandbox::CapabilityMask, std::string> MaskOf(const std::vector<std::string>& names) {
  sandbox::CapabilityMask mask = 0;
  for (const std::string& name : names) {
    const auto bit = sandbox::CapabilityNamed(name);
    if (!bit) return std::unexpected("capability " + name + " is unknown");
    mask |= *bit;
  }
  return mask;
}

// A connection that nobody but Landlock can keep from being made elsewhere: TCP of a service that
// has no network of its own, and of one that may connect to some ports.
sandbox::LandlockPlan LandlockOf(const Confinement& confinement, const Machine& machine) {
  sandbox::LandlockPlan plan;
  // Nothing else can keep a service to some ports, so these take Landlock in every profile.
  const bool ports_only =
      confinement.connect_to && (confinement.network == NetworkAccess::kClient ||
                                 confinement.network == NetworkAccess::kServer);
  plan.enabled = confinement.landlock || ports_only;
  if (!plan.enabled) return plan;
  plan.restrict_files = confinement.landlock;
  plan.scoped = confinement.landlock && machine.landlock_abi >= sandbox::kLandlockScopeAbi;
  const bool own_network_only = confinement.network == NetworkAccess::kInherited ||
                                confinement.network == NetworkAccess::kRelay;
  // Where the kernel cannot, the filter refuses connect(2) altogether; a wish for ports that it
  // cannot keep is an error of the zygote's, which names it.
  plan.restrict_tcp =
      ports_only || (own_network_only && machine.landlock_abi >= sandbox::kLandlockTcpAbi);
  if (ports_only) plan.connect_ports = *confinement.connect_to;
  return plan;
}

filter::FilterRequest FilterOf(const policy::ServiceSpec& spec, const sandbox::Profile& profile) {
  const Confinement& confinement = *spec.confinement;
  filter::FilterRequest request;
  if (confinement.profile == SandboxProfile::kBaseline) {
    request.base = filter::FilterBase::kAllButDenied;
  }
  if (confinement.syscalls.replaced) {
    request.base = filter::FilterBase::kListed;
    request.listed = *confinement.syscalls.replaced;
  }
  request.added = confinement.syscalls.added;
  request.removed = confinement.syscalls.removed;
  request.unlisted =
      profile.report_unlisted ? filter::Unlisted::kNotify : UnlistedOf(confinement.syscall_action);
  request.network = profile.network;
  request.unix_sockets = confinement.profile != SandboxProfile::kStrict;
  request.raw_sockets =
      (profile.capabilities & sandbox::CapabilityNamed("net_raw").value_or(0)) != 0;
  request.accepts = spec.wait && spec.socket_type == policy::SocketType::kStream;
  request.landlock_tcp = profile.landlock.restrict_tcp;
  request.new_privileges = !profile.no_new_privileges;
  request.root_user = profile.identity.uid == 0;
  request.jit = !profile.lock_memory_protection;
  return request;
}

void CopyFiles(const Confinement& confinement, sandbox::FileView& files) {
  files.read_only_system = confinement.read_only_system;
  files.minimal = confinement.minimal_root;
  files.root = confinement.root;
  files.read_only_paths = confinement.read_only_paths;
  files.read_write_paths = confinement.read_write_paths;
  files.hidden_paths = confinement.hidden_paths;
  files.private_tmp = confinement.private_tmp;
  files.private_dev = confinement.private_dev;
}

void CopyNamespaces(const policy::NamespaceSet& set, sandbox::NamespacePlan& plan) {
  plan = {set.user, set.mount, set.pid, set.net, set.ipc, set.uts, set.cgroup, set.time};
}

void CopyIdentity(const sandbox::LaunchPlan::Parts& parts, sandbox::Profile& profile) {
  profile.identity = {parts.change_user, parts.uid, parts.gid, parts.groups};
  profile.priority = parts.priority;
  profile.limits = parts.limits;
}

void CopyHardening(const Confinement& confinement, sandbox::Profile& profile) {
  profile.no_new_privileges = confinement.no_new_privileges;
  profile.lock_memory_protection = confinement.lock_memory_protection;
  profile.private_keyring = confinement.private_keyring;
  profile.oom_score_adjustment = confinement.oom_score_adjustment;
  profile.cgroup = {confinement.memory_max, confinement.tasks_max, confinement.cpu_max};
  profile.tolerate_missing = confinement.on_missing == policy::OnMissing::kWarn;
  profile.once = confinement.isolation == policy::Isolation::kFresh;
  profile.mitigate_speculation = confinement.profile != SandboxProfile::kBaseline;
}

// A memory image would leave the sandbox as a file; "not dumpable" does not last over execve(2).
void LimitCoreFiles(const Confinement& confinement, sandbox::Profile& profile) {
  if (confinement.profile == SandboxProfile::kBaseline) return;
  const auto is_core = [](const sandbox::PlannedLimit& limit) {
    return limit.resource == sandbox::sys::kLimitCore;
  };
  if (!std::ranges::any_of(profile.limits, is_core)) {
    profile.limits.push_back({sandbox::sys::kLimitCore, 0});
  }
}

// Whether a zygote can kill every process of its service, in whose name the kernel then need not
// kill: one that became another user only with CAP_KILL. And without a pid namespace, the zygote's
// own death would leave such processes alive.
bool ZygoteKills(const Confinement& confinement, const sandbox::Profile& profile) {
  const auto holds = [&profile](std::string_view capability) {
    return (profile.capabilities & sandbox::CapabilityNamed(capability).value_or(0)) != 0;
  };
  return confinement.syscall_action == policy::SyscallAction::kKill && profile.namespaces.pid &&
         profile.no_new_privileges && (!holds("setuid") || holds("kill"));
}

constexpr std::size_t kMaxStatus = 64 * 1024;

}  // namespace

Machine ReadMachine() {
  Machine machine;
  machine.landlock_abi = sandbox::LandlockAbi().value_or(0);
  const auto text = sandbox::sys::ReadFile("/proc/self/status", kMaxStatus);
  const auto status = text ? sandbox::ParseProcessStatus(*text) : std::unexpected(text.error());
  if (status) machine.bounding = status->capabilities.bounding;
  return machine;
}

std::expected<std::shared_ptr<const sandbox::Profile>, std::string> ProfileOf(
    const policy::ServiceSpec& spec, const sandbox::LaunchPlan& plan, const Machine& machine) {
  const Confinement& confinement = *spec.confinement;
  if (confinement.profile == SandboxProfile::kNone) return nullptr;
  auto profile = std::make_shared<sandbox::Profile>();
  profile->service = spec.id;
  profile->programs = ProgramsOf(spec, plan);
  CopyIdentity(plan.parts(), *profile);
  CopyNamespaces(confinement.namespaces, profile->namespaces);
  CopyFiles(confinement, profile->files);
  CopyHardening(confinement, *profile);
  profile->network = NetworkOf(confinement.network);
  profile->landlock = LandlockOf(confinement, machine);
  const auto held = MaskOf(confinement.capabilities);
  const auto bounding = MaskOf(confinement.bounding);
  if (!held) return std::unexpected(held.error());
  if (!bounding) return std::unexpected(bounding.error());
  // To hold less than a profile's list weakens nothing; what a line asks for must be there.
  const bool asked = confinement.Wrote("capabilities") != nullptr;
  profile->capabilities = asked ? *held : *held & machine.bounding;
  profile->bounding = asked ? *bounding : *bounding & machine.bounding;
  LimitCoreFiles(confinement, *profile);
  profile->report_unlisted = ZygoteKills(confinement, *profile);
  auto program = filter::BuildFilter(FilterOf(spec, *profile));
  if (!program) return std::unexpected("system calls: " + program.error().ToString());
  profile->filter = std::move(*program);
  return profile;
}

}  // namespace postern::wrapper
