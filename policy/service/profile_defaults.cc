// SPDX-License-Identifier: BSD-2-Clause
// The rows of the profile table; see profile_defaults.h.
#include "policy/service/profile_defaults.h"

#include <algorithm>
#include <array>

#include "policy/service/capability_names.h"

namespace postern::policy {
namespace {

constexpr std::array<std::string_view, 14> kGivesMachineAway = {
    "audit_control", "block_suspend", "bpf",      "mac_admin",  "mac_override",
    "perfmon",       "sys_admin",     "sys_boot", "sys_module", "sys_ptrace",
    "sys_rawio",     "sys_time",      "syslog",   "wake_alarm"};
static_assert(std::ranges::is_sorted(kGivesMachineAway));

// What a setuid program such as a mailer may need.
constexpr auto kBaselineCapabilities = [] {
  std::array<std::string_view, kCapabilityNames.size() - kGivesMachineAway.size()> kept;
  std::ranges::set_difference(kCapabilityNames, kGivesMachineAway, kept.begin());
  return kept;
}();

// What a root service needs to become its users and to serve their files.
constexpr std::array<std::string_view, 10> kStandardCapabilities = {
    "audit_write",      "chown",  "dac_override", "fowner",    "fsetid", "kill",
    "net_bind_service", "setgid", "setuid",       "sys_chroot"};
static_assert(std::ranges::is_sorted(kStandardCapabilities));

constexpr NamespaceSet kStandardNamespaces{.mount = true, .pid = true, .ipc = true, .uts = true};
constexpr NamespaceSet kStrictNamespaces{.user = true,
                                         .mount = true,
                                         .pid = true,
                                         .net = true,
                                         .ipc = true,
                                         .uts = true,
                                         .cgroup = true};

constexpr std::array<ProfileDefaults, 4> kProfiles = {{
    {.profile = SandboxProfile::kNone,
     .syscalls = "every call",
     .namespaces = {},
     .read_only_system = false,
     .minimal_root = false,
     .private_tmp = false,
     .private_dev = false,
     .capabilities = kCapabilityNames,
     .no_new_privileges = false,
     .landlock = false,
     .lock_memory_protection = false,
     .private_keyring = false,
     .network = NetworkAccess::kHost},
    {.profile = SandboxProfile::kBaseline,
     .syscalls = "every call but those that are always denied",
     .namespaces = {},
     .read_only_system = false,
     .minimal_root = false,
     .private_tmp = false,
     .private_dev = false,
     .capabilities = kBaselineCapabilities,
     .no_new_privileges = false,
     .landlock = false,
     .lock_memory_protection = false,
     .private_keyring = true,
     .network = NetworkAccess::kHost},
    {.profile = SandboxProfile::kStandard,
     .syscalls = "the calls of the standard profile",
     .namespaces = kStandardNamespaces,
     .read_only_system = true,
     .minimal_root = false,
     .private_tmp = true,
     .private_dev = true,
     .capabilities = kStandardCapabilities,
     .no_new_privileges = true,
     .landlock = true,
     .lock_memory_protection = false,
     .private_keyring = true,
     .network = NetworkAccess::kInherited},
    {.profile = SandboxProfile::kStrict,
     .syscalls = "the calls of the strict profile",
     .namespaces = kStrictNamespaces,
     .read_only_system = true,
     .minimal_root = true,
     .private_tmp = true,
     .private_dev = true,
     .capabilities = kStandardCapabilities,
     .no_new_privileges = true,
     .landlock = true,
     .lock_memory_protection = true,
     .private_keyring = true,
     .network = NetworkAccess::kInherited},
}};

}  // namespace

const ProfileDefaults& DefaultsOf(SandboxProfile profile) {
  return *std::ranges::find(kProfiles, profile, &ProfileDefaults::profile);
}

std::span<const std::string_view> GivesMachineAway() { return kGivesMachineAway; }

}  // namespace postern::policy
