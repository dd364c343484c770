// SPDX-License-Identifier: BSD-2-Clause
// Becoming another user for good: groups, gid, uid (credentials(7)), and looking whether it holds.
//
// Who calls: Enter() step by step, because a user namespace comes between groups and ids; helpers
// and tools that give up root all at once call BecomeUser(). The order is groups, group, user: each
// needs a right that the last one takes away.
//
// DIAGNOSTICS: after an error the process is neither what it was nor what was planned; it must end.
#pragma once

#include <cstdint>
#include <span>

#include "sandbox/profile.h"
#include "sandbox/sys/error.h"

namespace postern::sandbox {

// EINVAL for a user or group (uint32)-1: to the kernel that means "leave as it is"
// (CVE-2019-14287).
sys::Status CheckIdentity(const Identity& identity);

sys::Status SetGroups(std::span<const std::uint32_t> groups);
sys::Status SetGroup(std::uint32_t gid);  // real, effective and saved
// Real, effective and saved. With `keep_capabilities`, what is permitted stays so; what is
// effective does not.
sys::Status SetUser(std::uint32_t uid, bool keep_capabilities);

// What the kernel says equals the plan (EPERM), all three ids of each kind and the set of groups.
sys::Status VerifyIds(const Identity& identity);
sys::Status VerifyGroups(const Identity& identity);
// Root can be had back by asking for it (EEXIST). Only means something once setuid and setgid are
// not effective.
sys::Status VerifyNoWayBack(const Identity& identity);

// All of the above, keeping nothing.
sys::Status BecomeUser(const Identity& identity);

}  // namespace postern::sandbox
