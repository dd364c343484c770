// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/filter/argument_rules.h"

#include <fcntl.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include <catch2/catch.hpp>

#include "tests/sandbox/filter_asking.h"

namespace postern::sandbox::filter {
namespace {

constexpr std::uint64_t kUpper = 0xdeadbeef00000000;
constexpr std::uint64_t kAtMark = 0x8905;  // SIOCATMARK
const std::string kPerm = Errno(EPERM);

TEST_CASE("CVE-2017-5226: nothing types into a terminal, by any alias of the request") {
  for (const Network network : {Network::kInherited, Network::kHost}) {
    FilterRequest request;
    request.network = network;
    const Asked filter(request);
    for (const std::uint64_t typed : Values{TIOCSTI, TIOCLINUX}) {
      CHECK(filter("ioctl", {0, typed}) == kPerm);
      CHECK(filter("ioctl", {0, kUpper | typed}) == kPerm);
      CHECK(filter("ioctl", {~0ULL, 0x100000000 | typed, ~0ULL}) == kPerm);
    }
    for (const std::uint64_t fine : Values{TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO}) {
      CHECK(filter("ioctl", {0, fine}) == "allow");
    }
  }
}

TEST_CASE("No interface is asked about or changed but on the host's network") {
  FilterRequest request;
  for (const Network network :
       {Network::kInherited, Network::kRelay, Network::kClient, Network::kServer}) {
    request.network = network;
    const Asked filter(request);
    for (std::uint64_t number = 0x8900; number <= 0x89ff; ++number) {
      INFO(number);
      CHECK(filter("ioctl", {0, number}) == (number == kAtMark ? "allow" : kPerm));
    }
    CHECK(filter("ioctl", {0, kUpper | 0x8912}) == kPerm);
    CHECK(filter("ioctl", {0, 0x8b00}) == kPerm);
    CHECK(filter("ioctl", {0, 0x8bff}) == kPerm);
    CHECK(filter("ioctl", {0, 0x8c00}) == "allow");
    CHECK(filter("ioctl", {0, 0x88ff}) == "allow");
    CHECK(filter("ioctl", {0, 0x8a00}) == "allow");
    CHECK(filter("ioctl", {0, 0x18912}) == "allow");
  }
  request.network = Network::kHost;
  CHECK(Asked(request)("ioctl", {0, 0x8912}) == "allow");
}

TEST_CASE("A service does not take over the terminal's line or the console") {
  const Asked filter(FilterRequest{});
  for (const std::uint64_t request : Values{TIOCSETD, TIOCCONS}) {
    CHECK(filter("ioctl", {0, request}) == kPerm);
  }
  FilterRequest baseline;
  baseline.base = FilterBase::kAllButDenied;
  CHECK(Asked(baseline)("ioctl", {0, TIOCSETD}) == "allow");
}

TEST_CASE("Limits are set for oneself only, under every base, and asked for of anybody") {
  for (const FilterBase base : {FilterBase::kListed, FilterBase::kAllButDenied}) {
    FilterRequest request;
    request.base = base;
    const Asked filter(request);
    CHECK(filter("prlimit64", {0, 7, 0x7fff0000, 0}) == "allow");
    CHECK(filter("prlimit64", {42, 7, 0, 0x7fff0000}) == "allow");
    CHECK(filter("prlimit64", {42, 7, 0x7fff0000, 0}) == kPerm);
    CHECK(filter("prlimit64", {42, 7, kUpper, 0}) == kPerm);
    CHECK(filter("prlimit64", {0xffffffff, 7, 1, 0}) == kPerm);
  }
}

TEST_CASE("A service lowers its own priority and nobody else's") {
  const Asked filter(FilterRequest{});
  CHECK(filter("setpriority", {0, 0, 5}) == "allow");
  CHECK(filter("setpriority", {0, 42, 5}) == kPerm);
  CHECK(filter("setpriority", {1, 0, 5}) == kPerm);
  CHECK(filter("setpriority", {2, 0, 5}) == kPerm);
}

TEST_CASE("Where memory must not change and run, files in memory are never executed") {
  FilterRequest request;
  CHECK(Asked(request)("memfd_create", {1, 0}) == kPerm);
  CHECK(Asked(request)("memfd_create", {1, 8 | 1}) == "allow");
  CHECK(Asked(request)("memfd_create", {1, kUpper | 1}) == kPerm);
  request.jit = true;
  CHECK(Asked(request)("memfd_create", {1, 0}) == "allow");
}

TEST_CASE("Processes are made, namespaces are not") {
  const Asked filter(FilterRequest{});
  CHECK(filter("clone", {CLONE_VM | CLONE_VFORK | CLONE_PIDFD | 17}) == "allow");
  CHECK(filter("clone", {CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD}) ==
        "allow");
  for (const std::uint64_t flag : Values{CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET,
                                         CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP}) {
    CHECK(filter("clone", {flag | 17}) == kPerm);
    CHECK(filter("clone", {kUpper | flag}) == kPerm);
  }
  CHECK(filter("clone3") == Errno(ENOSYS));
  FilterRequest named;
  named.added = {"clone3"};
  CHECK(Asked(named)("clone3") == "allow");
}

TEST_CASE("The execution domain is asked for and not changed") {
  const Asked filter(FilterRequest{});
  CHECK(filter("personality", {0}) == "allow");
  CHECK(filter("personality", {0xffffffff}) == "allow");
  CHECK(filter("personality", {~0ULL}) == "allow");
  CHECK(filter("personality", {0x0040000}) == kPerm);  // ADDR_NO_RANDOMIZE
}

TEST_CASE("A service may filter itself further, and not be the judge of others") {
  for (const FilterBase base : {FilterBase::kListed, FilterBase::kAllButDenied}) {
    FilterRequest request;
    request.base = base;
    const Asked filter(request);
    CHECK(filter("seccomp", {1, 0}) == "allow");
    CHECK(filter("seccomp", {1, SECCOMP_FILTER_FLAG_TSYNC}) == "allow");
    CHECK(filter("seccomp", {1, SECCOMP_FILTER_FLAG_NEW_LISTENER}) == kPerm);
    CHECK(filter("seccomp", {1, SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_TSYNC}) ==
          kPerm);
  }
}

TEST_CASE("Of prctl the harmless options are allowed") {
  const Asked filter(FilterRequest{});
  for (const std::uint64_t option : Values{PR_SET_NAME, PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS,
                                           PR_GET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_READ}) {
    CHECK(filter("prctl", {option, ~0ULL}) == "allow");
    CHECK(filter("prctl", {kUpper | option}) == "allow");
  }
  for (const std::uint64_t option : Values{PR_SET_MM, PR_SET_PTRACER, PR_SET_TSC, PR_SET_UNALIGN,
                                           PR_MCE_KILL, PR_SCHED_CORE, 9999}) {
    CHECK(filter("prctl", {option}) == kPerm);
  }
}

TEST_CASE("CVE-2019-9893: a 64-bit argument is compared whole") {
  const Asked filter(FilterRequest{});
  constexpr std::uint64_t kPrSetVma = 0x53564d41;
  CHECK(filter("prctl", {kPrSetVma, 0}) == "allow");
  CHECK(filter("prctl", {kPrSetVma, 1}) == kPerm);
  CHECK(filter("prctl", {kPrSetVma, 0x100000000}) == kPerm);
}

TEST_CASE("No file is made one that runs as its owner") {
  const Asked filter(FilterRequest{});
  const std::pair<const char*, int> kCalls[] = {{"chmod", 1},     {"fchmod", 1}, {"fchmodat", 2},
                                                {"fchmodat2", 2}, {"creat", 1},  {"mkdir", 1},
                                                {"mkdirat", 2},   {"mknod", 1},  {"mknodat", 2}};
  for (const auto& [call, index] : kCalls) {
    const auto answer = [&, at = static_cast<std::size_t>(index), name = call](std::uint64_t mode) {
      Arguments arguments{};
      arguments[at] = mode;
      return filter(name, arguments);
    };
    INFO(call);
    CHECK(answer(0755) == "allow");
    CHECK(answer(01777) == "allow");
    for (const std::uint64_t mode : Values{04755U, 02755U, 06000U}) {
      CHECK(answer(mode) == kPerm);
      CHECK(answer(kUpper | 0x10000 | mode) == kPerm);
    }
  }
}

TEST_CASE("Opening makes none either, where it makes a file") {
  const Asked filter(FilterRequest{});
  for (const std::uint64_t flags : Values{O_CREAT | O_WRONLY, O_TMPFILE | O_RDWR}) {
    CHECK(filter("openat", {0, 0, flags, 0644}) == "allow");
    CHECK(filter("openat", {0, 0, flags, 04755}) == kPerm);
    CHECK(filter("openat", {0, 0, kUpper | flags, kUpper | 02755}) == kPerm);
    CHECK(filter("open", {0, flags, 0644}) == "allow");
    CHECK(filter("open", {0, flags, 04755}) == kPerm);
  }
  // What is in the register of an argument that is not given is of no account.
  CHECK(filter("openat", {0, 0, O_RDONLY, 07777}) == "allow");
  CHECK(filter("openat", {0, 0, O_RDONLY | O_DIRECTORY, 07777}) == "allow");
  CHECK(filter("openat2") == Errno(ENOSYS));
  FilterRequest named;
  named.added = {"openat2"};
  CHECK(Asked(named)("openat2") == "allow");
}

TEST_CASE("Memory is writable or executable, unless a compiler needs both") {
  const auto answers = [](const FilterRequest& request, const char* call) {
    const Asked filter(request);
    CHECK(filter(call, {0, 4096, PROT_READ | PROT_WRITE}) == "allow");
    CHECK(filter(call, {0, 4096, PROT_READ | PROT_EXEC}) == "allow");
    const std::string both = filter(call, {0, 4096, PROT_WRITE | PROT_EXEC});
    CHECK(filter(call, {0, 4096, kUpper | PROT_READ | PROT_WRITE | PROT_EXEC}) == both);
    return both;
  };
  FilterRequest request;
  CHECK(answers(request, "mmap") == kPerm);
  CHECK(answers(request, "mprotect") == kPerm);
  request.added = {"pkey_mprotect", "@sysv-ipc"};
  CHECK(answers(request, "pkey_mprotect") == kPerm);
  CHECK(Asked(request)("shmat", {0, 0, SHM_EXEC}) == kPerm);
  CHECK(Asked(request)("shmat", {0, 0, SHM_RDONLY}) == "allow");
  request.added = {"@jit"};
  CHECK(answers(request, "mmap") == "allow");
  CHECK(answers(request, "pkey_mprotect") == "allow");
  request.added = {};
  request.jit = true;
  CHECK(answers(request, "mprotect") == "allow");
}

}  // namespace
}  // namespace postern::sandbox::filter
