// SPDX-License-Identifier: BSD-2-Clause
// A pid namespace for a zygote whose starter could not give it one: a posternd without root's
// rights.
//
// Who calls: postern-zygote's main, first thing, with one thread. The way in leads through a user
// namespace of its own (user_namespaces(7)), which Enter() then finds itself in.
#pragma once

#include <optional>

#include "sandbox/profile.h"
#include "sandbox/sys/error.h"

namespace postern::sandbox {

// Twice: inside, as the first process of the namespace, with nullopt; outside, when that process is
// gone, with its exit status. Whoever ends the outside ends the inside. An error, before anything
// has changed but the user namespace: the machine does not let its users have one.
sys::Result<std::optional<int>> EnterOwnPidNamespace(const Identity& identity);

}  // namespace postern::sandbox
