// SPDX-License-Identifier: BSD-2-Clause
// The system call filters that another process is under, from the kernel (ptrace(2),
// PTRACE_SECCOMP_GET_FILTER).
//
// The process is stopped for a moment; a call that waits is begun again, or returns EINTR. So this
// is for programs of the project, which expect that, and not for services.
//
// It takes root in the first user namespace, a reader without a filter of its own, and a kernel
// with CONFIG_CHECKPOINT_RESTORE. EACCES, EPERM, EIO, EINVAL: not on this machine.
#pragma once

#include <sys/types.h>

#include <vector>

#include "sandbox/profile.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/wait.h"

namespace postern::sandbox {

// In the order in which they were installed. For a process that has one at least. ETIMEDOUT: it
// does not stop.
sys::Result<std::vector<FilterProgram>> ReadFilters(pid_t pid, const sys::Deadline& deadline);

}  // namespace postern::sandbox
