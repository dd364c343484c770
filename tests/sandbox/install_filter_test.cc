// SPDX-License-Identifier: BSD-2-Clause
// Filters that ask, installed for real in children of the test.
#include "sandbox/confine/install_filter.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <catch2/catch.hpp>
#include <cerrno>

#include "tests/testlib/asking_filter.h"
#include "tests/testlib/child.h"

namespace postern::sandbox {
namespace {

using testlib::AskingAbout;
using testlib::InChild;
using testlib::StatusOfChild;

bool GiveUpPrivileges() { return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0; }

TEST_CASE("The listener is close-on-exec, and what is listed goes on") {
  const int status = StatusOfChild([] {
    if (!GiveUpPrivileges()) return 1;
    const auto listener = InstallListeningFilter(AskingAbout(SYS_getppid));
    if (!listener || !*listener) return 2;
    const int flags = ::fcntl(listener->get(), F_GETFD);
    if (flags < 0 || (flags & FD_CLOEXEC) == 0) return 3;
    return ::prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == SECCOMP_MODE_FILTER ? 0 : 4;
  });
  CHECK(status == 0);
}

// What is said of a zygote that dies: its instances' calls are not made.
TEST_CASE("Without its listener a filter that asks has the call fail, and does not make it") {
  const int status = StatusOfChild([] {
    if (!GiveUpPrivileges()) return 1;
    {
      const auto listener = InstallListeningFilter(AskingAbout(SYS_getppid));
      if (!listener) return 2;
    }
    return ::syscall(SYS_getppid) == -1 && errno == ENOSYS ? 0 : 3;
  });
  CHECK(status == 0);
}

TEST_CASE("A second listener is refused, and nothing is installed then") {
  const int status = StatusOfChild([] {
    if (!GiveUpPrivileges()) return 1;
    const auto first = InstallListeningFilter(AskingAbout(SYS_getppid));
    if (!first) return 2;
    const auto second = InstallListeningFilter(KillingInstead(AskingAbout(SYS_getpgid)));
    if (second || second.error().number != EBUSY) return 3;
    return ::syscall(SYS_getpgid, 0) >= 0 ? 0 : 4;
  });
  CHECK(status == 0);
}

TEST_CASE("Who may not install a filter gets an error") {
  const int status = StatusOfChild([] {
    if (::setresuid(65534, 65534, 65534) != 0) return 1;
    const FilterProgram program = AskingAbout(SYS_getppid);
    if (const auto listening = InstallListeningFilter(program);
        listening || listening.error().number != EACCES) {
      return 2;
    }
    const auto installed = InstallFilter(program);
    return !installed && installed.error().number == EACCES ? 0 : 3;
  });
  CHECK(status == 0);
}

TEST_CASE("In its place, the kernel kills for the same calls, and for no others") {
  const FilterProgram asking = AskingAbout(SYS_getppid);
  const FilterProgram killing = KillingInstead(asking);
  REQUIRE(killing.size() == asking.size());
  for (std::size_t i = 0; i < asking.size(); ++i) {
    const bool asks = asking[i].operand == SECCOMP_RET_USER_NOTIF;
    CHECK((killing[i] == asking[i]) == !asks);
  }
  const int ended = InChild([&] {
    if (!GiveUpPrivileges() || !InstallFilter(killing)) return 1;
    if (::syscall(SYS_getpgid, 0) < 0) return 2;
    return static_cast<int>(::syscall(SYS_getppid));
  });
  CHECK((WIFSIGNALED(ended) && WTERMSIG(ended) == SIGSYS));
  // Only an answer is changed: elsewhere the number is a number.
  const FilterProgram comparing = {
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 0, SECCOMP_RET_USER_NOTIF},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | 1},
  };
  CHECK(KillingInstead(comparing) == comparing);
}

}  // namespace
}  // namespace postern::sandbox
