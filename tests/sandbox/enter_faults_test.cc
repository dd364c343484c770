// SPDX-License-Identifier: BSD-2-Clause
// Every system call that entering a profile makes is made to fail, one at a time: a supervisor
// (seccomp_unotify(2)) answers the n-th call with an error and lets all others pass. Whatever n is,
// the profile must not be entered, and the failure must name the step. Needs root.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstring>
#include <map>
#include <set>
#include <vector>

#include "sandbox/confine/enter.h"
#include "sandbox/confine/mount_calls.h"
#include "tests/sandbox/confine_fixture.h"
#include "tests/testlib/temp_dir.h"

namespace postern::sandbox {
namespace {

// Calls that set something up or look at it. Not: memory, time, ending, closing.
constexpr int kCalls[] = {SYS_openat,
                          SYS_openat2,
                          SYS_newfstatat,
                          SYS_fstat,
                          SYS_fstatfs,
                          SYS_readlinkat,
                          SYS_mkdirat,
                          SYS_mknodat,
                          SYS_symlinkat,
                          SYS_chdir,
                          SYS_fchdir,
                          SYS_fcntl,
                          SYS_read,
                          SYS_write,
                          SYS_pwrite64,
                          SYS_getdents64,
                          SYS_mount,
                          SYS_umount2,
                          SYS_pivot_root,
                          SYS_open_tree,
                          SYS_move_mount,
                          SYS_mount_setattr,
                          SYS_fsopen,
                          SYS_fsconfig,
                          SYS_fsmount,
                          SYS_unshare,
                          SYS_clone,
                          SYS_waitid,
                          SYS_socketpair,
                          SYS_sendto,
                          SYS_recvfrom,
                          SYS_getsid,
                          SYS_setsid,
                          SYS_rt_sigaction,
                          SYS_rt_sigprocmask,
                          SYS_keyctl,
                          SYS_setpriority,
                          SYS_getpriority,
                          SYS_prlimit64,
                          SYS_setgroups,
                          SYS_getgroups,
                          SYS_setresuid,
                          SYS_setresgid,
                          SYS_getresuid,
                          SYS_getresgid,
                          SYS_capget,
                          SYS_capset,
                          SYS_prctl,
                          SYS_seccomp,
                          SYS_landlock_create_ruleset,
                          SYS_landlock_add_rule,
                          SYS_landlock_restrict_self};

// Sends each of them to a supervisor; returns its descriptor.
int SuperviseSelf() {
  std::vector<sock_filter> program = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)}};
  for (std::size_t i = 0; i < std::size(kCalls); ++i) {
    const auto to_end = static_cast<unsigned char>(std::size(kCalls) - i);
    program.push_back({BPF_JMP | BPF_JEQ | BPF_K, to_end, 0, static_cast<unsigned>(kCalls[i])});
  }
  program.push_back({BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW});
  program.push_back({BPF_RET | BPF_K, 0, 0, SECCOMP_RET_USER_NOTIF});
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return static_cast<int>(
      ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter));
}

// Between supervisor and child, in memory they share: a supervised child cannot use a pipe.
struct Shared {
  std::atomic<int> listener = -1;
  std::atomic<bool> watched = false;
  std::atomic<bool> entered = false;
  std::atomic<unsigned> step = 0;
  char reason[200] = {};
};

struct Run {
  std::vector<int> calls;  // their numbers, in order
  seccomp_data failed{};   // the call that was made to fail
  bool entered = false;
  unsigned step = 0;
  std::string reason;
};

// Whether `listener` has another call to judge; false when the child and all its own are gone.
bool Judge(int listener, int fail_at, int error, Run& run) {
  pollfd ready{listener, POLLIN, 0};
  if (::poll(&ready, 1, 20'000) != 1 || (ready.revents & POLLIN) == 0) return false;
  seccomp_notif call{};
  if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) return true;
  seccomp_notif_resp answer{};
  answer.id = call.id;
  run.calls.push_back(call.data.nr);
  if (static_cast<int>(run.calls.size()) == fail_at) {
    answer.error = -error;
    run.failed = call.data;
  } else {
    answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  }
  ::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
  return true;
}

Run EnterWithFault(const Profile& profile, int fail_at, int error) {
  void* memory =
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  auto* const shared = new (memory) Shared;
  // Whatever goes wrong must not be with the mounts of this machine.
  const pid_t pid = Clone(CLONE_NEWNS | (profile.namespaces.pid ? CLONE_NEWPID : 0));
  REQUIRE(pid >= 0);
  if (pid == 0) {
    if (!KeepMountsToOurselves()) ::_exit(1);
    shared->listener = SuperviseSelf();
    while (!shared->watched) ::sched_yield();
    const auto report = Enter(profile);
    shared->entered = report.has_value();
    if (!report) {
      shared->step = static_cast<unsigned>(report.error().step);
      report.error().ToString().copy(shared->reason, sizeof shared->reason - 1);
    }
    ::_exit(0);
  }
  while (shared->listener < 0) ::sched_yield();
  const sys::UniqueFd process = *sys::OpenPidfd(pid);
  sys::UniqueFd listener(
      static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), shared->listener.load(), 0)));
  REQUIRE(listener);
  shared->watched = true;
  Run run;
  while (Judge(listener.get(), fail_at, error, run)) {
  }
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  REQUIRE(status == 0);
  run.entered = shared->entered;
  run.step = shared->step;
  run.reason = shared->reason;
  ::munmap(memory, sizeof(Shared));
  return run;
}

// The one call that is made to see it fail: trying to get root back.
bool MayFail(const seccomp_data& call) {
  const bool sets_ids = call.nr == SYS_setresuid || call.nr == SYS_setresgid;
  return sets_ids && static_cast<std::uint32_t>(call.args[0]) == ~std::uint32_t{0};
}

const FilterProgram kAllowAll = {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};

// Something of everything.
Profile Everything(const std::string& directory) {
  Profile profile = StrictProfile();
  profile.namespaces.time = true;
  profile.files.read_write_paths = {directory};
  profile.files.hidden_paths = {"/etc/passwd", "/usr/bin"};
  profile.oom_score_adjustment = 500;
  profile.priority = 5;
  profile.limits = {{RLIMIT_CORE, 0}, {RLIMIT_CPU, 100}};
  profile.landlock.connect_ports = {25};
  profile.capabilities = profile.bounding = CapabilityMask{1} << 5;  // kill
  profile.filter = kAllowAll;
  return profile;
}

// Which calls to fail: of each kind all of them, or as many as `most` evenly spread. Some are made
// hundreds of times in a row (a status for each part of each path), by the same line of code.
std::vector<int> Chosen(const std::vector<int>& calls, int most) {
  std::map<int, int> total, seen;
  for (const int number : calls) ++total[number];
  std::vector<int> chosen;
  for (std::size_t at = 0; at < calls.size(); ++at) {
    const int stride = (total[calls[at]] + most - 1) / most;
    if (seen[calls[at]]++ % stride == 0) chosen.push_back(static_cast<int>(at) + 1);
  }
  return chosen;
}

void FailEachCall(const Profile& profile, int error, int most) {
  const Run whole = EnterWithFault(profile, 0, 0);
  INFO(whole.reason);
  REQUIRE(whole.entered);
  REQUIRE(whole.calls.size() > 100);
  std::set<unsigned> steps;
  for (const int n : Chosen(whole.calls, most)) {
    const Run run = EnterWithFault(profile, n, error);
    INFO("call " << n << " of " << whole.calls.size() << ": number " << run.failed.nr << "("
                 << run.failed.args[0] << ", …), " << run.reason);
    if (run.entered && MayFail(run.failed)) continue;
    REQUIRE_FALSE(run.entered);
    REQUIRE(run.step != 0);
    REQUIRE(run.reason.starts_with(StepText(static_cast<EnterStep>(run.step))));
    steps.insert(run.step);
  }
  CHECK(steps.size() > 10);
}

TEST_CASE("Whatever call fails, the strictest profile is not entered") {
  testlib::TempDir directory;
  FailEachCall(Everything(directory.path()), EIO, 25);
}

TEST_CASE("A refusal is not taken for anything else") {
  testlib::TempDir directory;
  FailEachCall(Everything(directory.path()), EPERM, 5);
}

TEST_CASE("Nor is a profile entered that leaves setuid programs working") {
  Profile profile = BaselineProfile();
  profile.filter = kAllowAll;
  profile.landlock = {true, true, true, {}, true};
  FailEachCall(profile, EIO, 25);
}

TEST_CASE("Root that can be had back is noticed") {
  testlib::TempDir directory;
  const Profile profile = Everything(directory.path());
  const Run whole = EnterWithFault(profile, 0, 0);
  REQUIRE(whole.entered);
  for (const int number : {SYS_setresuid, SYS_setresgid}) {
    // The last one is the attempt; the supervisor says that it succeeded.
    const auto last = std::ranges::find(whole.calls.rbegin(), whole.calls.rend(), number);
    const Run run = EnterWithFault(profile, static_cast<int>(whole.calls.rend() - last), 0);
    CHECK(MayFail(run.failed));
    CHECK_FALSE(run.entered);
    CHECK(run.reason.find("is back") != std::string::npos);
  }
}

TEST_CASE("What is missing may be tolerated; what went wrong may not") {
  testlib::TempDir directory;
  Profile profile = Everything(directory.path());
  profile.tolerate_missing = true;
  const Run whole = EnterWithFault(profile, 0, 0);
  REQUIRE(whole.entered);
  int entered = 0;
  for (const int n : Chosen(whole.calls, 8)) {
    const Run run = EnterWithFault(profile, n, EPERM);
    if (!run.entered) continue;
    INFO("call " << n << ": number " << run.failed.nr << ", argument " << run.failed.args[0]);
    constexpr int kExcused[] = {SYS_unshare, SYS_keyctl, SYS_setresuid, SYS_setresgid};
    const bool excused = std::ranges::find(kExcused, run.failed.nr) != std::end(kExcused) ||
                         (run.failed.nr == SYS_prctl && run.failed.args[0] == 65);  // PR_SET_MDWE
    REQUIRE(excused);
    ++entered;
  }
  CHECK(entered >= 8);
  for (const int n : Chosen(whole.calls, 8)) {
    const Run run = EnterWithFault(profile, n, EIO);
    INFO("call " << n << ": number " << run.failed.nr << ", argument " << run.failed.args[0]);
    REQUIRE((!run.entered || MayFail(run.failed)));
  }
}

}  // namespace
}  // namespace postern::sandbox
