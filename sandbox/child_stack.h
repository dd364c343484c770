// SPDX-License-Identifier: BSD-2-Clause
// The stack of a child that shares its parent's memory until it executes a program (clone(2),
// CLONE_VM without CLONE_VFORK), and the word by which the parent sees that it has left.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>

namespace postern::sandbox {

class ChildStack {
 public:
  ChildStack();  // without memory, `usable` is false
  ~ChildStack();
  ChildStack(const ChildStack&) = delete;
  ChildStack& operator=(const ChildStack&) = delete;

  bool usable() const { return memory_ != nullptr; }
  void* top() const;
  // CLONE_CHILD_CLEARTID: the kernel zeroes it when the child leaves this memory, by execve or by
  // exit.
  std::atomic<pid_t>& in_use() { return in_use_; }
  bool free() const { return in_use_.load(std::memory_order_acquire) == 0; }

 private:
  void Unmap();

  std::atomic<pid_t> in_use_{0};
  std::byte* memory_ = nullptr;  // a guard page, then the stack
};

}  // namespace postern::sandbox
