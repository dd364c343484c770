// SPDX-License-Identifier: BSD-2-Clause
// THE table of profiles: what `sandbox = NAME` means for every attribute that a line can change.
//
// Source: posternd.conf(5), Profiles. A list of system calls is not here: it is made of the groups
// of sandbox/filter.
#pragma once

#include <span>
#include <string_view>

#include "policy/service/confinement.h"

namespace postern::policy {

struct ProfileDefaults {
  SandboxProfile profile;
  std::string_view syscalls;  // the profile's list, as explanations call it
  NamespaceSet namespaces;
  bool read_only_system, minimal_root;
  bool private_tmp, private_dev;
  // What root holds, and what anybody could gain by a setuid program. Sorted. Other users hold
  // none.
  std::span<const std::string_view> capabilities;
  bool no_new_privileges;
  bool landlock;
  bool lock_memory_protection;
  bool private_keyring;
  NetworkAccess network;
};

const ProfileDefaults& DefaultsOf(SandboxProfile profile);

// Capabilities that no profile leaves, not even to root: with one of them a service has the
// machine, or its clock, its log or its audit. Sorted.
std::span<const std::string_view> GivesMachineAway();

}  // namespace postern::policy
