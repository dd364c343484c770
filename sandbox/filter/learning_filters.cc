// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/filter/learning_filters.h"

#include <linux/seccomp.h>

#include <string_view>

#include "sandbox/filter/call_numbers.h"
#include "sandbox/filter/compile.h"
#include "sandbox/filter/filter.h"
#include "sandbox/learn/hand_over.h"

namespace postern::sandbox::filter {
namespace {

// Reading what the callers show, answering, killing, reaping, and telling in the end.
constexpr std::string_view kLearnerCalls[] = {"brk",
                                              "clock_gettime",
                                              "close",
                                              "exit",
                                              "exit_group",
                                              "faccessat",
                                              "faccessat2",
                                              "fcntl",
                                              "fstat",
                                              "futex",
                                              "getpid",
                                              "getrandom",
                                              "ioctl",
                                              "kill",
                                              "lseek",
                                              "lstat",
                                              "madvise",
                                              "mmap",
                                              "mremap",
                                              "munmap",
                                              "newfstatat",
                                              "openat",
                                              "poll",
                                              "ppoll",
                                              "process_vm_readv",
                                              "read",
                                              "readlink",
                                              "readlinkat",
                                              "restart_syscall",
                                              "rt_sigreturn",
                                              "stat",
                                              "wait4",
                                              "waitid",
                                              "write",
                                              "sendmsg"};

CallVerdict Always(std::uint32_t action) { return {action, action, {}}; }

sys::Result<FilterProgram> Asking() {
  CallTable table(kHighestCall + 1, Always(SECCOMP_RET_USER_NOTIF));
  if (const auto number = NumberOf("sendmsg")) {
    table[*number].matched = SECCOMP_RET_ALLOW;
    table[*number].clauses = {{{2, kHandOverBits, {kHandOverMark}}}};
  }
  return Compile(table);
}

sys::Result<FilterProgram> OfLearner() {
  CallTable table(kHighestCall + 1, Always(SECCOMP_RET_KILL_PROCESS));
  for (const std::string_view call : kLearnerCalls) {
    if (const auto number = NumberOf(call)) table[*number] = Always(SECCOMP_RET_ALLOW);
  }
  return Compile(table);
}

}  // namespace

sys::Result<LearningPlan> BuildLearningPlan(bool raw_sockets) {
  FilterRequest request;
  request.listed = {"@known"};
  request.network = Network::kHost;
  request.unix_sockets = true;
  request.raw_sockets = raw_sockets;
  request.jit = true;
  LearningPlan plan;
  TRY(plan.ask, Asking());
  TRY(plan.judge, BuildFilter(request));
  TRY(plan.learner, OfLearner());
  return plan;
}

}  // namespace postern::sandbox::filter
