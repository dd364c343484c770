// SPDX-License-Identifier: BSD-2-Clause
// Giving back memory that only start-up or a reload needed.
#pragma once

namespace postern::sandbox::sys {

// Returns freed heap to the kernel, and lets go of the program's and its libraries' own pages: the
// parser, the name service and the dynamic linker are mapped but not used while serving. What is
// used comes back from the page cache at its next use (madvise(2), MADV_DONTNEED on a private,
// unwritten file mapping). Nothing fails: at worst nothing is saved.
void ReleaseUnusedMemory();

}  // namespace postern::sandbox::sys
