// SPDX-License-Identifier: BSD-2-Clause
// Small properties of a process that cost nothing and close something: session, signals, keyring,
// the order of the OOM killer, writable code, speculation, inspection.
//
// Who calls: Enter(), in a zygote. What an instance has of them it inherits, but for "not
// dumpable", which execve(2) resets. ENOSYS and EINVAL mean a kernel without it; the caller judges.
#pragma once

#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox {

// A session of its own, without a terminal: nothing can be typed into anybody's (TIOCSTI).
sys::Status LeaveSession();
// Every signal at its default, none blocked.
sys::Status ResetSignals();
sys::Status SetPriority(int priority);  // absolute, -20..19; setpriority(2), read back
// Writes and reads back. `own_process` is /proc/self.
sys::Status SetOomScore(const sys::UniqueFd& own_process, int adjustment);
// An empty session keyring in place of the starter's (keyrings(7)). While still root: it belongs to
// the caller's user, and another process of the service's user has no business with it.
sys::Status JoinPrivateKeyring();

// No memory is writable and executable at once, nor one after the other, in this process and what
// it starts, for good (PR_SET_MDWE, Linux 6.3). EINVAL: the kernel has it not.
sys::Status LockMemoryProtection();
sys::Result<bool> IsMemoryProtectionLocked();

// Store bypass and indirect branches, where the processor has the weakness and leaves it to the
// process: off, for good. Elsewhere there is nothing to do.
sys::Status MitigateSpeculation();

}  // namespace postern::sandbox
