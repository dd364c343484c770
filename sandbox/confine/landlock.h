// SPDX-License-Identifier: BSD-2-Clause
// Landlock (landlock(7)): what the calling process and its descendants may do to files, to TCP and
// to processes outside, beside what the user may.
//
// Who calls: Enter(), and postern-lookup. The ruleset of a service is made when the view of the
// file system stands and the caller is still root, so that no link of the service's user is
// followed; it takes no_new_privs or sys_admin to restrict oneself. The zygote makes the ruleset of
// its instances before it enters, and each instance restricts itself with it.
//
// What a kernel can do is a number, its ABI: files 1 (Linux 5.13), moving between directories 2,
// truncating 3, TCP 4 (6.7), ioctl on devices 5, signals and abstract sockets 6 (6.12). A lower one
// is used as far as it goes. Not covered by any: UDP, chmod and chown, sockets of the inherited
// kind.
#pragma once

#include <cstdint>
#include <span>

#include "sandbox/profile.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox {

inline constexpr int kLandlockTcpAbi = 4;
inline constexpr int kLandlockScopeAbi = 6;

// 0: the kernel has none, or it is switched off.
sys::Result<int> LandlockAbi();

// The ruleset of a service, for a kernel with this ABI. Paths of the view are looked up now, in the
// caller's root.
sys::Result<sys::UniqueFd> MakeServiceRuleset(const Profile& profile, int abi);
// For a process of our own that needs no path: no file at all, and TCP to these ports alone, where
// the ABI knows of it.
sys::Result<sys::UniqueFd> MakeHelperRuleset(std::span<const std::uint16_t> connect_ports, int abi);
// A second domain for each instance: it cannot signal or trace its siblings and the zygote, nor
// speak to their abstract sockets. Before scopes, it only keeps it from tracing.
sys::Result<sys::UniqueFd> MakeInstanceRuleset();

sys::Status RestrictSelf(const sys::UniqueFd& ruleset);

}  // namespace postern::sandbox
