// SPDX-License-Identifier: BSD-2-Clause
// What a privileged daemon that starts services holds of root's capabilities, and what it gives up.
//
// Who calls: posternd, once, at its start. The bounding set and the secure bits stay: a program of
// root's that it executes without a sandbox gets by execve(2) what it would get from init.
#pragma once

#include "sandbox/profile.h"
#include "sandbox/sys/error.h"

namespace postern::sandbox {

// With what each is for, in the source.
CapabilityMask DaemonCapabilities();

// Permitted and effective become what of these the caller has, inheritable nothing. Without rights
// nothing happens.
sys::Status KeepDaemonCapabilities();

}  // namespace postern::sandbox
