// SPDX-License-Identifier: BSD-2-Clause
// Giving back memory that only start-up or a reload needed, and keeping memory out of swap.
#pragma once

#include <cstdint>

namespace postern::sandbox::sys {

// Returns freed heap to the kernel, and lets go of the program's and its libraries' own pages: the
// parser, the name service and the dynamic linker are mapped but not used while serving. What is
// used comes back from the page cache at its next use (madvise(2), MADV_DONTNEED on a private,
// unwritten file mapping). Nothing fails: at worst nothing is saved.
void ReleaseUnusedMemory();

// How many bytes may be kept out of swap (RLIMIT_MEMLOCK), once the soft limit is at the hard one.
std::uint64_t LockableMemory();

}  // namespace postern::sandbox::sys
