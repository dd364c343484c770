// SPDX-License-Identifier: BSD-2-Clause
// Seals the calling process as a Profile says: every protection, in the one order in which each
// still has the rights it needs, and nothing later undoes it.
//
// Who calls: a zygote, once, with one thread, before it has read anything from outside. As root; or
// as the user it is (identity.change is false), which can do less: what is left out then counts as
// missing. With a pid namespace in the profile, the caller must be the first process in one.
//
// DIAGNOSTICS: after a failure the process is sealed in part and must end. A protection that the
// machine lacks is a failure, or a warning in the report if the profile tolerates that; a limit, an
// id or a path that cannot be had is a failure always.
//
// What is left to the caller: each instance sets resource_limits.h's IsForInstancesOnly() limits,
// its umask, and restricts itself with the ruleset of MakeInstanceRuleset() (landlock.h), which is
// made before.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/confine/capabilities.h"
#include "sandbox/confine/namespaces.h"
#include "sandbox/confine/process_status.h"
#include "sandbox/profile.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox {

// The steps in their order; an EnterFailure names the one that failed.
enum class EnterStep : std::uint32_t {
  kPlan = 1,  // the profile contradicts itself or the caller
  kProcess,   // open what is read later
  kSession,
  kSignals,
  kKeyring,
  kOomScore,
  kPriority,
  kCgroup,
  kLimits,
  kPidNamespace,
  kOwnUserNamespace,  // of a caller without rights, who needs it for the others
  kNamespaces,
  kFiles,
  kLandlockRules,
  kGroups,
  kUserNamespace,
  kUser,
  kBoundingSet,
  kCapabilities,
  kSecureBits,
  kIdentity,  // it is the planned one, and root cannot come back
  kMemoryProtection,
  kSpeculation,
  kInspection,
  kInventory,    // what the filter might refuse to tell
  kDescriptors,  // none is a directory
  kNoNewPrivileges,
  kLandlock,
  kFilter,
  kLastCapabilities,
  kReadBack,  // the kernel says what was planned
};
std::string_view StepText(EnterStep step);

struct EnterFailure {
  EnterStep step = EnterStep::kPlan;
  sys::Error error;
  // "file system: mount_setattr /srv: Operation not permitted (errno = 1)"
  std::string ToString() const;
};

// What the kernel says afterwards.
struct Report {
  ProcessStatus status;
  unsigned secure_bits = 0;
  bool memory_protection_locked = false;
  NamespaceIds namespaces;
  int landlock_abi = 0;  // of the domain; 0: none
  // Where calls wait that the filter does not list, for sandbox/zygote/unlisted.h to kill who made
  // them. Owns nothing where the kernel kills by itself.
  sys::UniqueFd unlisted_calls;
  // Protections that the machine lacks and the profile tolerates: the step and what it said.
  std::vector<std::string> warnings;
};

std::expected<Report, EnterFailure> Enter(const Profile& profile);

}  // namespace postern::sandbox
