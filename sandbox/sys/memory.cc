// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/memory.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace postern::sandbox::sys {
namespace {

// Only segments that were never writable: a relocated page has no copy in the file.
int ReleaseObject(dl_phdr_info* object, std::size_t /*size*/, void* /*data*/) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t first = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
    const std::uintptr_t last = object->dlpi_addr + segment.p_vaddr + segment.p_memsz;
    // The kernel refuses what it cannot drop, the vdso for one.
    ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void ReleaseUnusedMemory() {
  ::malloc_trim(0);
  ::dl_iterate_phdr(&ReleaseObject, nullptr);
}

std::uint64_t LockableMemory() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_MEMLOCK, &limit) != 0) return 0;
  return limit.rlim_cur;
}

}  // namespace postern::sandbox::sys
