// SPDX-License-Identifier: BSD-2-Clause
// A user namespace in which only the service's own ids exist, each with its own number
// (user_namespaces(7)). Root of the host is nobody in there, and no right held in there reaches
// what the host's namespaces own.
//
// Who calls: Enter(), after the groups are set: from then on setgroups(2) is refused for good, as a
// group that is dropped may be one that denies (CVE-2014-8989). Right after it the process holds
// all capabilities of the new namespace, bounding set included.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sandbox/profile.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox {

// The lines of uid_map or gid_map that map each id to itself; neighbours share a line.
std::string IdentityMap(std::vector<std::uint32_t> ids);

// For a caller with setuid and setgid. The maps are written by a sibling that keeps the rights of
// the old namespace: a process cannot map ids other than its own from inside.
sys::Status EnterUserNamespace(const sys::UniqueFd& own_process, const Identity& identity);
// For a caller without rights: its own user and group alone.
sys::Status EnterUserNamespaceUnprivileged(const sys::UniqueFd& own_process,
                                           const Identity& identity);

}  // namespace postern::sandbox
