// SPDX-License-Identifier: BSD-2-Clause
// Needs root for the lower priorities.
#include "sandbox/confine/hardening.h"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/prctl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>

#include "tests/sandbox/confine_fixture.h"
#include "tests/testlib/child.h"

namespace postern::sandbox {
namespace {

using testlib::StatusOfChild;

TEST_CASE("A session of its own, also when it has one already") {
  CHECK(StatusOfChild([] {
          if (!LeaveSession() || ::getsid(0) != ::getpid()) return 1;
          return LeaveSession() ? 0 : 2;
        }) == 0);
}

TEST_CASE("Signals are at their default and none is blocked") {
  CHECK(StatusOfChild([] {
          for (const int signal : {SIGPIPE, SIGCHLD, SIGTERM, SIGRTMIN, SIGRTMAX}) {
            ::signal(signal, SIG_IGN);
          }
          sigset_t all;
          ::sigfillset(&all);
          ::sigprocmask(SIG_SETMASK, &all, nullptr);
          if (!ResetSignals()) return 1;
          for (int signal = 1; signal <= SIGRTMAX; ++signal) {
            struct sigaction now{};
            if (::sigaction(signal, nullptr, &now) == 0 && now.sa_handler != SIG_DFL) return 2;
          }
          ::sigprocmask(SIG_SETMASK, nullptr, &all);
          for (int signal = 1; signal <= SIGRTMAX; ++signal) {
            if (::sigismember(&all, signal) == 1) return 3;
          }
          return 0;
        }) == 0);
}

TEST_CASE("Priorities are set, -1 too, and one that does not exist is noticed") {
  for (const int priority : {-20, -1, 0, 19}) {
    CHECK(StatusOfChild([&] {
            if (!SetPriority(priority)) return 1;
            return ::getpriority(PRIO_PROCESS, 0) == priority ? 0 : 2;
          }) == 0);
  }
  CHECK(StatusOfChild([] { return SetPriority(20) ? 1 : 0; }) == 0);
}

TEST_CASE("The OOM score is written, and one that does not exist is an error") {
  CHECK(StatusOfChild([] {
          const sys::UniqueFd process = OwnProcess();
          if (!SetOomScore(process, 1000) || !SetOomScore(process, 1000)) return 1;
          return SetOomScore(process, 1001) ? 2 : 0;
        }) == 0);
}

TEST_CASE("The session keyring is another one and is empty") {
  CHECK(StatusOfChild([] {
          const auto id = [] {
            return ::syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
          };
          const long before = id();
          if (!JoinPrivateKeyring()) return 1;
          if (id() == before || id() < 0) return 2;
          return ::syscall(SYS_keyctl, KEYCTL_READ, id(), nullptr, 0) == 0 ? 0 : 3;
        }) == 0);
}

TEST_CASE("With memory protection locked, nothing written is executed, after execve too") {
  CHECK(StatusOfChild([] {
          if (*IsMemoryProtectionLocked()) return 1;
          const auto locked = LockMemoryProtection();
          if (!locked) return locked.error().number == EINVAL ? 0 : 2;  // before Linux 6.3
          if (!*IsMemoryProtectionLocked()) return 3;
          if (::mmap(nullptr, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
              MAP_FAILED) {
            return 4;
          }
          void* page = ::mmap(nullptr, 4096, PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
          return page == MAP_FAILED || ::mprotect(page, 4096, PROT_EXEC) == 0 ? 5 : 0;
        }) == 0);
}

TEST_CASE("What the processor leaves to the process is switched off for good") {
  CHECK(StatusOfChild([] {
          if (!MitigateSpeculation() || !MitigateSpeculation()) return 1;
          for (const int weakness : {PR_SPEC_STORE_BYPASS, PR_SPEC_INDIRECT_BRANCH}) {
            const int state = ::prctl(PR_GET_SPECULATION_CTRL, weakness, 0, 0, 0);
            const bool ours = state > 0 && (static_cast<unsigned>(state) & PR_SPEC_PRCTL) != 0;
            if (ours && (static_cast<unsigned>(state) & PR_SPEC_FORCE_DISABLE) == 0) return 2;
          }
          return 0;
        }) == 0);
}

}  // namespace
}  // namespace postern::sandbox
