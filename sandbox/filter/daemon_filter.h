// SPDX-License-Identifier: BSD-2-Clause
// The system-call filter of a daemon that starts services: what it denies itself, and everything
// that it starts, whatever user and sandbox that has.
//
// A filter is inherited over fork(2) and execve(2), so this one lists what is denied (EPERM), and
// denies only what no service has a use for: the kernel's own code, its programs and its hardware.
// Calls of the 32-bit and x32 ABIs are judged like native ones, so their programs keep working.
// The filter of a zygote lies above it, and the stricter answer counts (seccomp(2)).
#pragma once

#include <string_view>

#include "sandbox/filter/libseccomp.h"
#include "sandbox/sys/error.h"

namespace postern::sandbox::filter {

// Whether what is started under the filter could never make it, so that no list may allow it.
bool IsDeniedToAll(std::string_view call);

sys::Result<LibFilter> MakeDaemonFilter();

// Installs it, for good. It does not set no_new_privs, which would take setuid programs from the
// services, so that it takes CAP_SYS_ADMIN: false, and nothing has changed, where the caller has
// neither. Who calls: posternd, once, at its start, with one thread.
sys::Result<bool> DenyToAll();

}  // namespace postern::sandbox::filter
