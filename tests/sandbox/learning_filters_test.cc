// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/filter/learning_filters.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include <catch2/catch.hpp>

#include "sandbox/filter/bpf_evaluator.h"
#include "sandbox/filter/call_numbers.h"
#include "sandbox/filter/groups.h"
#include "sandbox/learn/hand_over.h"

namespace postern::sandbox::filter {
namespace {

std::uint32_t Ask(const FilterProgram& program, std::uint32_t call,
                  std::array<std::uint64_t, 6> arguments = {}) {
  return Evaluate(program, {call, kArchitecture, 0, arguments}).value();
}

LearningPlan Plan() {
  auto plan = BuildLearningPlan(/*raw_sockets=*/false);
  REQUIRE(plan);
  return std::move(*plan);
}

}  // namespace

TEST_CASE("A service that is learned is asked about every call") {
  const LearningPlan plan = Plan();
  for (std::uint32_t call = 0; call <= kHighestCall; ++call) {
    CHECK(Ask(plan.ask, call) == SECCOMP_RET_USER_NOTIF);
    CHECK(Ask(plan.ask, call, {~0U, ~0U, ~0U, ~0U, ~0U, ~0U}) == SECCOMP_RET_USER_NOTIF);
  }
  CHECK(Ask(plan.ask, kHighestCall + 1) == (SECCOMP_RET_ERRNO | ENOSYS));
  CHECK(Evaluate(plan.ask, {0, AUDIT_ARCH_I386, 0, {}}).value() == SECCOMP_RET_KILL_PROCESS);
}

TEST_CASE("But for the one call that hands the listener over") {
  const LearningPlan plan = Plan();
  CHECK(Ask(plan.ask, SYS_sendmsg, {5, 6, kHandOverMark | 0x4000}) == SECCOMP_RET_ALLOW);
  CHECK(Ask(plan.ask, SYS_sendmsg, {5, 6, kHandOverMark + (std::uint64_t{1} << 32)}) ==
        SECCOMP_RET_USER_NOTIF);
  CHECK(Ask(plan.ask, SYS_sendmsg, {5, kHandOverMark, 0x4000}) == SECCOMP_RET_USER_NOTIF);
  CHECK(Ask(plan.ask, SYS_sendto, {5, 6, kHandOverMark}) == SECCOMP_RET_USER_NOTIF);
}

TEST_CASE("The judge kills for what is always denied, and lets pass what can be listed") {
  const LearningPlan plan = Plan();
  for (std::uint32_t call = 0; call <= kHighestCall; ++call) {
    INFO(NameOf(call));
    const std::uint32_t answer = Ask(plan.judge, call);
    if (IsAlwaysDenied(call) || GroupOf(call).empty()) {
      const bool by_network = call == SYS_socket || call == SYS_connect;
      if (!by_network) CHECK(answer == SECCOMP_RET_KILL_PROCESS);
    } else {
      CHECK(answer != SECCOMP_RET_KILL_PROCESS);
    }
  }
  CHECK(Ask(plan.judge, SYS_clone3) == (SECCOMP_RET_ERRNO | ENOSYS));
  CHECK(Ask(plan.judge, SYS_clone, {0x10000000}) == (SECCOMP_RET_ERRNO | EPERM));
  CHECK(Ask(plan.judge, SYS_socket, {2, 1, 0}) == SECCOMP_RET_ALLOW);
  CHECK(Ask(plan.judge, SYS_socket, {1, 1, 0}) == SECCOMP_RET_ALLOW);
  CHECK(Ask(plan.judge, SYS_mmap, {0, 0, 7}) == SECCOMP_RET_ALLOW);
  // A service's own listener could answer for its processes.
  CHECK(Ask(plan.judge, SYS_seccomp, {1, SECCOMP_FILTER_FLAG_NEW_LISTENER}) ==
        (SECCOMP_RET_ERRNO | EPERM));
}

TEST_CASE("Raw sockets are for who holds the capability") {
  CHECK(Ask(Plan().judge, SYS_socket, {2, 3, 1}) == (SECCOMP_RET_ERRNO | EAFNOSUPPORT));
  CHECK(Ask(BuildLearningPlan(true)->judge, SYS_socket, {2, 3, 1}) == SECCOMP_RET_ALLOW);
}

TEST_CASE("The learner may look and answer, and no more") {
  const LearningPlan plan = Plan();
  for (const long call : {SYS_ioctl, SYS_process_vm_readv, SYS_kill, SYS_openat, SYS_write}) {
    CHECK(Ask(plan.learner, static_cast<std::uint32_t>(call)) == SECCOMP_RET_ALLOW);
  }
  for (const long call : {SYS_execve, SYS_clone, SYS_socket, SYS_connect, SYS_ptrace,
                          SYS_process_vm_writev, SYS_unlinkat, SYS_prctl, SYS_mprotect}) {
    CHECK(Ask(plan.learner, static_cast<std::uint32_t>(call)) == SECCOMP_RET_KILL_PROCESS);
  }
}

}  // namespace postern::sandbox::filter
