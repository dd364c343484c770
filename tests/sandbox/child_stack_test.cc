// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/child_stack.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdint>

#include "sandbox/sys/raw_syscall.h"

namespace postern::sandbox {
namespace {

POSTERN_IN_CHILD int ExitAtOnce(void*) {
  sys::RawSyscall(SYS_exit_group, 0);
  return 0;
}

TEST_CASE("The kernel says when a child has left the stack") {
  ChildStack stack;
  REQUIRE(stack.usable());
  CHECK(stack.free());
  stack.in_use().store(1);
  CHECK_FALSE(stack.free());
  const pid_t child = ::clone(&ExitAtOnce, stack.top(), CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD,
                              nullptr, nullptr, nullptr, &stack.in_use());
  REQUIRE(child > 0);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK(stack.free());
}

TEST_CASE("Below the stack is a page that ends the child instead of damaging its parent") {
  ChildStack stack;
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGSEGV, SIG_DFL);
    for (volatile char* at = static_cast<char*>(stack.top()) - 1;; at -= 1024) *at = 1;
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
}

}  // namespace
}  // namespace postern::sandbox
