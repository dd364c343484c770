// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/filter/filter.h"

#include <linux/seccomp.h>
#include <sys/ioctl.h>

#include <catch2/catch.hpp>
#include <cerrno>

#include "tests/sandbox/filter_asking.h"

namespace postern::sandbox::filter {
namespace {

FilterRequest Standard() { return {}; }

FilterRequest Baseline() {
  FilterRequest request;
  request.base = FilterBase::kAllButDenied;
  request.network = Network::kHost;
  request.new_privileges = true;
  return request;
}

constexpr const char* kLauncher[] = {"recvmsg",
                                     "sendmsg",
                                     "ppoll",
                                     "read",
                                     "write",
                                     "close",
                                     "clone",
                                     "waitid",
                                     "wait4",
                                     "dup3",
                                     "close_range",
                                     "landlock_restrict_self",
                                     "execve",
                                     "exit_group",
                                     "prctl",
                                     "rt_sigaction",
                                     "rt_sigprocmask",
                                     "setsid",
                                     "umask",
                                     "prlimit64",
                                     "getpid",
                                     "kill",
                                     "pidfd_send_signal",
                                     "mmap",
                                     "munmap",
                                     "futex",
                                     "brk",
                                     "gettid",
                                     "tgkill",
                                     "writev",
                                     "mprotect",
                                     "getsid"};

// prctl is asked with PR_SET_NAME, the others with noughts.
std::string AnswerToLauncher(const Asked& filter, const std::string& call) {
  return filter(call, {call == "prctl" ? 15U : 0U});
}

TEST_CASE("What nobody wrote anything about may do what services do, and no more") {
  const Asked filter(Standard());
  for (const char* call : {"read", "openat", "unlink", "clone", "wait4", "setsockopt", "statx"}) {
    CHECK(filter(call, {0, 0, 0}) != "kill");
  }
  for (const char* call : {"setuid", "shmget", "io_setup", "mlock", "sched_setscheduler",
                           "sethostname", "timerfd_create", "pkey_alloc"}) {
    CHECK(filter(call) == "kill");
  }
}

TEST_CASE("A call that is not listed gets the action of the service") {
  FilterRequest request = Standard();
  const std::pair<Unlisted, std::string> kActions[] = {{Unlisted::kKill, "kill"},
                                                       {Unlisted::kErrno, Errno(EPERM)},
                                                       {Unlisted::kLog, "log"},
                                                       {Unlisted::kNotify, "notify"}};
  for (const auto& [action, text] : kActions) {
    request.unlisted = action;
    CHECK(Asked(request)("setuid") == text);
    CHECK(Asked(request)("read") == "allow");
    CHECK(Asked(request)("ioctl", {0, 0x5412}) == Errno(EPERM));
  }
}

TEST_CASE("Who is asked about unlisted calls can hear of them, though ioctl is not listed") {
  FilterRequest request = Standard();
  request.removed = {"ioctl"};
  for (const auto& [action, heard] : {std::pair(Unlisted::kNotify, std::string("allow")),
                                      std::pair(Unlisted::kKill, std::string("kill"))}) {
    request.unlisted = action;
    const Asked filter(request);
    for (const std::uint64_t asked : {SECCOMP_IOCTL_NOTIF_RECV, SECCOMP_IOCTL_NOTIF_ID_VALID}) {
      CHECK(filter("ioctl", {3, asked}) == heard);
      // The kernel reads the lower half alone.
      CHECK(filter("ioctl", {3, asked | 1ULL << 32}) == heard);
    }
  }
  request.unlisted = Unlisted::kNotify;
  const Asked filter(request);
  for (const std::uint64_t other : {std::uint64_t{SECCOMP_IOCTL_NOTIF_SEND},
                                    std::uint64_t{SECCOMP_IOCTL_NOTIF_ADDFD}, 0x5401UL}) {
    CHECK(filter("ioctl", {3, other}) == "notify");
  }
}

TEST_CASE("An always-denied call ends the process, whatever the action") {
  for (FilterRequest request : {Standard(), Baseline()}) {
    for (const Unlisted action :
         {Unlisted::kKill, Unlisted::kErrno, Unlisted::kLog, Unlisted::kNotify}) {
      request.unlisted = action;
      const Asked filter(request);
      for (const char* call : {"ptrace", "process_vm_readv", "bpf", "io_uring_setup", "mount",
                               "setns", "unshare", "init_module", "keyctl", "open_by_handle_at",
                               "settimeofday", "vmsplice", "userfaultfd", "statmount", "reboot"}) {
        INFO(call);
        CHECK(filter(call) == "kill");
      }
    }
  }
}

TEST_CASE("An always-denied call is allowed by its own name, and by no group") {
  FilterRequest request = Standard();
  request.added = {"ptrace"};
  CHECK(Asked(request)("ptrace") == "allow");
  CHECK(Asked(request)("process_vm_readv") == "kill");
  request.added = {"@debug"};
  const auto refused = BuildFilter(request);
  REQUIRE(!refused);
  CHECK(refused.error().object ==
        "@debug: always denied as a group; name the calls that must be allowed");
  request.added = {"@known"};
  CHECK(Asked(request)("ptrace") == "kill");
  // Even beside a group that would hold it.
  request.added = {"ptrace", "@known"};
  CHECK(Asked(request)("ptrace") == "allow");
}

TEST_CASE("A word that stands for nothing is an error that tells what was meant") {
  FilterRequest request = Standard();
  request.added = {"@sysv-io"};
  CHECK(BuildFilter(request).error().object ==
        "@sysv-io: no such group of system calls; did you mean @sysv-ipc?");
  request.added = {"opena"};
  CHECK(BuildFilter(request).error().object == "opena: no such system call; did you mean open?");
  request.added = {""};
  CHECK(!BuildFilter(request));
  request.added = {};
  request.removed = {"blah-blah"};
  CHECK(BuildFilter(request).error().object == "blah-blah: no such system call");
  request.removed = {};
  request.listed = {"@start", "@nothing-like-it"};
  CHECK(!BuildFilter(request));
}

TEST_CASE("What is taken away is not listed any more") {
  FilterRequest request = Standard();
  request.removed = {"@fs-write", "pipe2"};
  const Asked filter(request);
  CHECK(filter("unlink") == "kill");
  CHECK(filter("chmod") == "kill");  // and its rule does not bring it back
  CHECK(filter("pipe2") == "kill");
  CHECK(filter("pipe") == "allow");
  request.added = {"unlink"};  // taken away wins
  CHECK(Asked(request)("unlink") == "kill");
  request = Baseline();
  request.removed = {"@net-server", "@mount"};
  request.unlisted = Unlisted::kErrno;
  CHECK(Asked(request)("listen") == Errno(EPERM));
  CHECK(Asked(request)("mount") == "kill");
}

TEST_CASE("What the zygote calls passes, whatever is listed or taken away") {
  FilterRequest none = Standard();
  none.listed = {};
  FilterRequest without = Standard();
  without.removed = {"@start", "@io", "@stdio-net", "@process"};
  FilterRequest all_without = Baseline();
  all_without.removed = without.removed;
  for (const FilterRequest& request : {Standard(), Baseline(), none, without, all_without}) {
    const Asked filter(request);
    for (const char* call : kLauncher) {
      INFO(call);
      CHECK(AnswerToLauncher(filter, call) == "allow");
    }
  }
  CHECK(Asked(none)("openat") == "kill");
  CHECK(Asked(without)("openat") == "kill");
  for (const char* call : kLauncher) {
    FilterRequest request = Standard();
    request.removed = {call};
    INFO(call);
    REQUIRE(!BuildFilter(request));
    CHECK(BuildFilter(request).error().object ==
          std::string(call) + ": no service could be started without it");
  }
}

TEST_CASE("The list may be another than the base") {
  FilterRequest request = Standard();
  request.listed = {"@preset-ctf"};
  const Asked filter(request);
  CHECK(filter("openat") == "allow");
  CHECK(filter("mkdir") == "kill");
  CHECK(filter("socket") == "kill");
}

TEST_CASE("Calls that change the user are for root and for setuid programs") {
  CHECK(Asked(Standard())("setresuid") == "kill");
  for (const auto member : {&FilterRequest::root_user, &FilterRequest::new_privileges}) {
    FilterRequest request = Standard();
    request.*member = true;
    CHECK(Asked(request)("setresuid") == "allow");
    CHECK(Asked(request)("chroot") == "allow");
    request.removed = {"chroot"};
    CHECK(Asked(request)("chroot") == "kill");
  }
}

TEST_CASE("Other architectures and x32 are killed, numbers of the future do not exist") {
  FilterRequest asking = Standard();
  asking.unlisted = Unlisted::kNotify;
  for (const FilterRequest& request : {Standard(), Baseline(), asking}) {
    const Asked filter(request);
    CHECK(filter.Number(1, {}, AUDIT_ARCH_I386) == "kill");
    CHECK(filter.Number(1, {}, kArchitecture ^ 1) == "kill");
    for (const std::uint32_t number : {0x40000000U, 0x40000001U, 0x7fffffffU, 0x80000000U, ~1U}) {
      CHECK(filter.Number(number) == "kill");
    }
    for (const std::uint32_t number : {kHighestCall + 1, 1000U, 0x3fffffffU, ~0U}) {
      CHECK(filter.Number(number) == Errno(ENOSYS));
    }
  }
}

TEST_CASE("The base profile keeps from nothing but what undoes it") {
  const Asked filter(Baseline());
  for (const char* call : {"setuid", "shmget", "chroot", "mlock", "setpriority", "socket", "listen",
                           "bind", "prctl", "mprotect", "timerfd_create"}) {
    CHECK(filter(call, {~0ULL, ~0ULL, ~0ULL}) == "allow");
  }
  CHECK(filter("chmod", {0, 06755}) == "allow");
  CHECK(filter("clone", {0x10000000}) == Errno(EPERM));  // CLONE_NEWUSER
  CHECK(filter("clone", {0x11}) == "allow");
  CHECK(filter("clone3") == Errno(ENOSYS));
}

TEST_CASE("Programs stay small") {
  CHECK(Asked(Standard()).program().size() <= 345);
  CHECK(Asked(Baseline()).program().size() <= 100);
  for (const auto& filter : {Asked(Standard()), Asked(Baseline())}) {
    CHECK(CheckProgram(filter.program()));
  }
}

}  // namespace
}  // namespace postern::sandbox::filter
