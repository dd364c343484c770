// SPDX-License-Identifier: BSD-2-Clause
// Callers of an unlisted call, and who kills them: both children of the test, under one filter.
#include "sandbox/zygote/unlisted.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <functional>
#include <thread>

#include "sandbox/confine/install_filter.h"
#include "tests/testlib/asking_filter.h"
#include "tests/testlib/child.h"

namespace postern::sandbox {
namespace {

constexpr int kPatienceMs = 20'000;
constexpr int kCall = SYS_getppid;

void MakeUnlistedCall() { ::syscall(kCall); }

// Without the listener, as an instance: a caller that had it would wait for itself.
pid_t Fork(const UnlistedCalls& calls, const std::function<void()>& body) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(calls.descriptor());
    body();
    ::_exit(0);
  }
  return pid;
}

bool AwaitCall(const UnlistedCalls& calls) {
  pollfd wait{calls.descriptor(), POLLIN, 0};
  return ::poll(&wait, 1, kPatienceMs) == 1 && wait.revents == POLLIN;
}

// The signal that ended the child, or 0.
int SignalOf(pid_t pid) {
  int status = 0;
  return ::waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

// What `supervise` says, in a process that has the listener.
int Supervised(const std::function<int(UnlistedCalls&)>& supervise) {
  return testlib::StatusOfChild([&] {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 101;
    auto listener = InstallListeningFilter(testlib::AskingAbout(kCall));
    if (!listener) return 102;
    UnlistedCalls calls(std::move(*listener));
    return supervise(calls);
  });
}

TEST_CASE("Who makes an unlisted call is killed, and the call and its session are told") {
  const int status = Supervised([](UnlistedCalls& calls) {
    const pid_t caller = Fork(calls, [] {
      ::setsid();
      MakeUnlistedCall();
    });
    if (!AwaitCall(calls)) return 1;
    const auto call = calls.KillCaller();
    if (!call || !*call) return 2;
    if ((*call)->number != kCall || (*call)->session != caller) return 3;
    return SignalOf(caller) == SIGKILL ? 0 : 4;
  });
  CHECK(status == 0);
}

TEST_CASE("A thread's call ends its whole process") {
  const int status = Supervised([](UnlistedCalls& calls) {
    const pid_t caller = Fork(calls, [] {
      std::thread(MakeUnlistedCall).detach();
      for (;;) ::pause();
    });
    if (!AwaitCall(calls)) return 1;
    const auto call = calls.KillCaller();
    if (!call || !*call || (*call)->session != ::getsid(0)) return 2;
    return SignalOf(caller) == SIGKILL ? 0 : 3;
  });
  CHECK(status == 0);
}

TEST_CASE("A child's call leaves its parent, of whose session it is") {
  const int status = Supervised([](UnlistedCalls& calls) {
    const pid_t instance = Fork(calls, [&calls] {
      ::setsid();
      ::_exit(SignalOf(Fork(calls, MakeUnlistedCall)) == SIGKILL ? 7 : 8);
    });
    if (!AwaitCall(calls)) return 1;
    const auto call = calls.KillCaller();
    if (!call || !*call || (*call)->session != instance) return 2;
    int ended = 0;
    ::waitpid(instance, &ended, 0);
    return WIFEXITED(ended) && WEXITSTATUS(ended) == 7 ? 0 : 3;
  });
  CHECK(status == 0);
}

TEST_CASE("A caller that is gone before its call was received is nothing, and nobody else's harm") {
  const int status = Supervised([](UnlistedCalls& calls) {
    const pid_t first = Fork(calls, MakeUnlistedCall);
    if (!AwaitCall(calls)) return 1;
    const pid_t second = Fork(calls, MakeUnlistedCall);
    ::kill(first, SIGKILL);
    if (SignalOf(first) != SIGKILL) return 2;
    if (!AwaitCall(calls)) return 3;
    const auto call = calls.KillCaller();
    if (!call || !*call) return 4;
    if (SignalOf(second) != SIGKILL) return 5;
    // The first one's notification still counts, and finds nobody.
    const auto none = calls.KillCaller();
    return none && !*none ? 0 : 6;
  });
  CHECK(status == 0);
}

TEST_CASE("Who may not kill the caller is told so, and gives no answer") {
  const int status = Supervised([](UnlistedCalls& calls) {
    const pid_t caller = Fork(calls, MakeUnlistedCall);
    if (!AwaitCall(calls)) return 1;
    if (::setresuid(65534, 65534, 65534) != 0) return 2;
    const auto call = calls.KillCaller();
    if (call || call.error().number != EPERM) return 3;
    // It waits on.
    if (::waitpid(caller, nullptr, WNOHANG) != 0) return 4;
    return 0;
  });
  CHECK(status == 0);
}

TEST_CASE("Without a listener there is nothing to wait for") {
  UnlistedCalls none{sys::UniqueFd()};
  CHECK(none.descriptor() == -1);
  CHECK(none.KillCaller().error().number == EBADF);
}

}  // namespace
}  // namespace postern::sandbox
