// SPDX-License-Identifier: BSD-2-Clause
// Needs root.
#include "sandbox/confine/namespaces.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>

#include "tests/sandbox/confine_fixture.h"
#include "tests/testlib/child.h"

namespace postern::sandbox {
namespace {

using testlib::StatusOfChild;

TEST_CASE("Leaving one namespace changes that one and no other") {
  for (const Namespace left : kAllNamespaces) {
    if (left == Namespace::kUser || left == Namespace::kPid) continue;
    INFO(NamespaceText(left));
    CHECK(StatusOfChild([&] {
            const sys::UniqueFd process = OwnProcess();
            const auto before = ReadNamespaces(process);
            if (!before || !LeaveNamespace(left)) return 1;
            const auto after = ReadNamespaces(process);
            for (const Namespace kind : kAllNamespaces) {
              if (before->of(kind) == 0) return 2;
              if ((before->of(kind) != after->of(kind)) != (kind == left)) return 3;
            }
            return 0;
          }) == 0);
  }
}

TEST_CASE("Without rights it is an error that names the kind") {
  CHECK(StatusOfChild([] {
          if (::setuid(65534) != 0) return 1;
          const auto left = LeaveNamespace(Namespace::kNet);
          return !left && left.error().ToString().starts_with("unshare net: ") ? 0 : 2;
        }) == 0);
}

TEST_CASE("In a new network namespace loopback stays down") {
  CHECK(StatusOfChild([] {
          if (!LeaveNamespace(Namespace::kNet)) return 1;
          const sys::UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
          ifreq request{};
          request.ifr_name[0] = 'l';
          request.ifr_name[1] = 'o';
          if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0) return 2;
          return (request.ifr_flags & IFF_UP) == 0 ? 0 : 3;
        }) == 0);
}

TEST_CASE("The host's name stays and changes to it do not leave") {
  char before[256] = {}, after[256] = {};
  REQUIRE(::gethostname(before, sizeof before - 1) == 0);
  CHECK(StatusOfChild([&] {
          if (!LeaveNamespace(Namespace::kUts)) return 1;
          char inside[256] = {};
          if (::gethostname(inside, sizeof inside - 1) != 0) return 2;
          if (std::string(inside) != before) return 3;
          return ::sethostname("elsewhere", 9) == 0 ? 0 : 4;
        }) == 0);
  REQUIRE(::gethostname(after, sizeof after - 1) == 0);
  CHECK(std::string(after) == before);
}

TEST_CASE("What is executed in a new time namespace believes that the machine has just booted") {
  // As the zygote starts programs: memory shared until execve.
  CHECK(StatusOfChild([] {
          if (!LeaveNamespace(Namespace::kTime) || !HideBootTime(OwnProcess())) return 1;
          const pid_t pid = ::vfork();
          if (pid == 0) {
            ::execl("/bin/sh", "sh", "-c", "read up rest </proc/uptime; test \"${up%.*}\" -lt 60",
                    nullptr);
            ::_exit(2);
          }
          int status = 0;
          ::waitpid(pid, &status, 0);
          return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
        }) == 0);
}

TEST_CASE("The time of another process's namespace is not changed") {
  CHECK(StatusOfChild([] { return HideBootTime(OwnProcess()) ? 1 : 0; }) == 0);
}

}  // namespace
}  // namespace postern::sandbox
