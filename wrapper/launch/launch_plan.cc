// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/launch/launch_plan.h"

#include <algorithm>

#include "sandbox/sys/process.h"

namespace postern::wrapper {

namespace sys = sandbox::sys;
using policy::ResourceKind;

namespace {

int LimitNumberOf(ResourceKind kind) {
  switch (kind) {
    case ResourceKind::kAddressSpace:
      return sys::kLimitAddressSpace;
    case ResourceKind::kData:
      return sys::kLimitData;
    case ResourceKind::kResident:
      return sys::kLimitResident;
    case ResourceKind::kStack:
      return sys::kLimitStack;
    case ResourceKind::kOpenFiles:
      return sys::kLimitOpenFiles;
    case ResourceKind::kCpuSeconds:
      return sys::kLimitCpuSeconds;
    case ResourceKind::kProcesses:
      return sys::kLimitProcesses;
    case ResourceKind::kFileSize:
      return sys::kLimitFileSize;
    case ResourceKind::kCore:
      return sys::kLimitCore;
    case ResourceKind::kLockedMemory:
      return sys::kLimitLockedMemory;
    case ResourceKind::kFileLocks:
      return sys::kLimitFileLocks;
    case ResourceKind::kPendingSignals:
      return sys::kLimitPendingSignals;
    case ResourceKind::kMessageQueues:
      return sys::kLimitMessageQueues;
    case ResourceKind::kNice:
      return sys::kLimitNice;
    case ResourceKind::kRealtimePriority:
      return sys::kLimitRealtimePriority;
    case ResourceKind::kRealtimeMicroseconds:
      return sys::kLimitRealtimeMicroseconds;
  }
  return sys::kLimitCore;
}

std::vector<sandbox::PlannedLimit> LimitsOf(const policy::Program& program,
                                            const Inherited& inherited) {
  // The daemon raised its own limit for its listeners; a service must not inherit that.
  std::vector<sandbox::PlannedLimit> limits = {{sys::kLimitOpenFiles, inherited.open_files}};
  for (const policy::ResourceLimit& limit : program.limits) {
    limits.push_back({LimitNumberOf(limit.kind), limit.value.value_or(sys::kUnlimited)});
  }
  return limits;
}

// An unprivileged daemon can start its own user's programs and nothing else; it does not try to
// change the user then, which would fail even to the same one (setgroups(2)).
bool MustChangeUser(const policy::Credentials& wanted, const Inherited& inherited) {
  return inherited.root || wanted.uid != inherited.uid || wanted.gid != inherited.gid;
}

}  // namespace

Inherited ReadInherited() {
  Inherited inherited;
  inherited.open_files = sys::OpenFilesHardLimit();
  inherited.umask = sys::OwnUmask();
  inherited.priority = sys::OwnPriority();
  inherited.root = sys::IsRoot();
  inherited.uid = sys::OwnUid();
  inherited.gid = sys::OwnGid();
  return inherited;
}

std::shared_ptr<const sandbox::LaunchPlan> MakeLaunchPlan(const policy::ServiceSpec& spec,
                                                          const Inherited& inherited) {
  const policy::Program& program = spec.program;
  sandbox::LaunchPlan::Parts parts;
  parts.path = program.path;
  parts.argv = program.argv;
  parts.environment = program.environment;
  parts.change_user = MustChangeUser(program.credentials, inherited);
  parts.uid = program.credentials.uid;
  parts.gid = program.credentials.gid;
  parts.groups = program.credentials.groups;
  // xinetd.conf(5), umask: the daemon's own, but never less strict than 022.
  parts.umask = program.umask.value_or(inherited.umask | 022U);
  if (program.nice) parts.priority = std::clamp(inherited.priority + *program.nice, -20, 19);
  parts.limits = LimitsOf(program, inherited);
  return std::make_shared<const sandbox::LaunchPlan>(std::move(parts));
}

std::shared_ptr<const sandbox::LaunchPlan> ThroughGate(const sandbox::LaunchPlan& plan,
                                                       const std::string& gate,
                                                       const std::vector<std::string>& words) {
  sandbox::LaunchPlan::Parts parts = plan.parts();
  parts.argv.insert(parts.argv.begin(), parts.path);
  parts.argv.insert(parts.argv.begin(), words.begin(), words.end());
  parts.argv.insert(parts.argv.begin(), "postern-gate");
  parts.path = gate;
  parts.status_pipe = true;
  return std::make_shared<const sandbox::LaunchPlan>(std::move(parts));
}

std::shared_ptr<const sandbox::LaunchPlan> Unwrapped(const sandbox::LaunchPlan& plan,
                                                     const policy::Wrapped& wrapped) {
  constexpr std::uint32_t kUmaskOfTcpd = 022;
  sandbox::LaunchPlan::Parts parts = plan.parts();
  parts.path = wrapped.path;
  parts.argv.front() = wrapped.name;
  parts.umask = kUmaskOfTcpd;
  return std::make_shared<const sandbox::LaunchPlan>(std::move(parts));
}

}  // namespace postern::wrapper
