// SPDX-License-Identifier: BSD-2-Clause
// A call table as a program of classic BPF for seccomp(2).
//
// Other architectures' calls (i386's on x86_64) and x32's kill the process; numbers above the
// table, and -1, get ENOSYS. Calls with the same answer make ranges, and the ranges a balanced tree
// of comparisons: at installation the kernel runs the program for every number there is, so its
// depth is what an installation costs.
#pragma once

#include "sandbox/filter/call_table.h"
#include "sandbox/profile.h"
#include "sandbox/sys/error.h"

namespace postern::sandbox::filter {

// E2BIG: more than the kernel takes (BPF_MAXINSNS). EINVAL: a clause without a test, a test without
// a value, an argument that is not there, or an empty table.
sys::Result<FilterProgram> Compile(const CallTable& table);

}  // namespace postern::sandbox::filter
