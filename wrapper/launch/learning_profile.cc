// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/launch/learning_profile.h"

#include <utility>

#include "policy/service/profile_defaults.h"
#include "sandbox/confine/capabilities.h"
#include "sandbox/confine/landlock.h"
#include "sandbox/filter/learning_filters.h"

namespace postern::wrapper {

using policy::Confinement;

namespace {

// Paths that lines name stay what they are: a root of its own decides which files are learned.
Confinement Opened(const policy::ServiceSpec& spec) {
  const policy::ProfileDefaults& standard = policy::DefaultsOf(policy::SandboxProfile::kStandard);
  Confinement open = *spec.confinement;
  open.profile = policy::SandboxProfile::kStandard;
  open.syscalls = {};
  open.syscall_action = policy::SyscallAction::kKill;
  open.namespaces = standard.namespaces;
  open.read_only_system = open.minimal_root = false;
  open.private_tmp = open.private_dev = false;
  open.no_new_privileges = open.landlock = open.private_keyring = true;
  open.lock_memory_protection = false;
  open.network = policy::NetworkAccess::kHost;
  open.connect_to.reset();
  open.isolation = policy::Isolation::kZygote;
  if (open.Wrote("capabilities") != nullptr) return open;
  open.capabilities.clear();
  if (spec.program.credentials.uid == 0) {
    open.capabilities.assign(standard.capabilities.begin(), standard.capabilities.end());
  }
  open.bounding = open.capabilities;
  return open;
}

}  // namespace

std::expected<std::shared_ptr<const sandbox::Profile>, std::string> ProfileToLearn(
    const policy::ServiceSpec& spec, const sandbox::LaunchPlan& plan, const Machine& machine) {
  policy::ServiceSpec open = spec;
  open.confinement = std::make_shared<const Confinement>(Opened(spec));
  auto made = ProfileOf(open, plan, machine);
  if (!made) return made;
  auto profile = std::make_shared<sandbox::Profile>(**made);
  // Of Landlock, what keeps the service from other processes.
  profile->landlock.enabled = machine.landlock_abi > 0;
  profile->landlock.restrict_files = profile->landlock.restrict_tcp = false;
  profile->filter.clear();
  profile->report_unlisted = false;
  const bool raw_sockets =
      (profile->capabilities & sandbox::CapabilityNamed("net_raw").value_or(0)) != 0;
  auto learning = sandbox::filter::BuildLearningPlan(raw_sockets);
  if (!learning) return std::unexpected("system calls: " + learning.error().ToString());
  profile->learning = std::move(*learning);
  return profile;
}

}  // namespace postern::wrapper
