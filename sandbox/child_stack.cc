// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/child_stack.h"

#include <sys/mman.h>

namespace postern::sandbox {
namespace {

constexpr std::size_t kStackSize = 32 * 1024;
constexpr std::size_t kGuardSize = 4096;

}  // namespace

ChildStack::ChildStack() {
  void* mapped = ::mmap(nullptr, kGuardSize + kStackSize, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (mapped == MAP_FAILED) return;
  memory_ = static_cast<std::byte*>(mapped);
  if (::mprotect(memory_, kGuardSize, PROT_NONE) != 0) Unmap();
}

ChildStack::~ChildStack() { Unmap(); }

void* ChildStack::top() const { return memory_ + kGuardSize + kStackSize; }

void ChildStack::Unmap() {
  if (memory_ != nullptr) ::munmap(memory_, kGuardSize + kStackSize);
  memory_ = nullptr;
}

}  // namespace postern::sandbox
