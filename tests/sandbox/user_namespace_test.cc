// SPDX-License-Identifier: BSD-2-Clause
// Needs root.
#include "sandbox/confine/user_namespace.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "sandbox/confine/capabilities.h"
#include "sandbox/confine/credentials.h"
#include "sandbox/sys/files.h"
#include "tests/sandbox/confine_fixture.h"
#include "tests/testlib/child.h"

namespace postern::sandbox {
namespace {

using testlib::StatusOfChild;

const Identity kService{true, kServiceUser, kServiceGroup, {4300, 4301, 4400}};

// Blanks as one.
std::string Read(const char* path) {
  std::string plain;
  for (const char c : sys::ReadFile(path, 65536).value_or("unreadable")) {
    if (c != ' ' || (!plain.empty() && plain.back() != ' ' && plain.back() != '\n')) plain += c;
  }
  return plain;
}

TEST_CASE("Each id is mapped to itself, neighbours together, none twice") {
  CHECK(IdentityMap({7}) == "7 7 1\n");
  CHECK(IdentityMap({9, 7, 8, 7, 3}) == "3 3 1\n7 7 3\n");
  CHECK(IdentityMap({4'294'967'293, 4'294'967'294}) == "4294967293 4294967293 2\n");
}

TEST_CASE("Only the service's own ids exist, and its groups are beyond change") {
  const Outcome outcome = InChildWith(0, [](std::string& told) {
    if (!SetGroups(kService.groups)) return 1;
    const auto entered = EnterUserNamespace(OwnProcess(), kService);
    if (!entered) {
      told = entered.error().ToString();
      return 2;
    }
    told = Read("/proc/self/uid_map") + Read("/proc/self/gid_map") + Read("/proc/self/setgroups");
    if (!SetGroup(kServiceGroup) || !SetUser(kServiceUser, false)) return 3;
    if (!VerifyIds(kService) || !VerifyGroups(kService)) return 4;
    return ::setgroups(0, nullptr) == 0 ? 5 : 0;
  });
  CHECK(outcome.told == "4242 4242 1\n4300 4300 2\n4343 4343 1\n4400 4400 1\ndeny\n");
  CHECK(outcome.status == 0);
}

TEST_CASE("Root of the host is nobody inside, and its files are out of reach") {
  CHECK(StatusOfChild([] {
          if (!EnterUserNamespace(OwnProcess(), kService)) return 1;
          struct stat status{};
          if (::stat("/etc/shadow", &status) != 0 || status.st_uid == 0) return 2;
          if (!SetGroup(kServiceGroup) || !SetUser(kServiceUser, true)) return 3;
          const CapabilityMask all = *ReadPermitted();
          if (!SetCapabilities(all, all, 0)) return 4;
          // All capabilities, and no way to root's files with them.
          return ::open("/etc/shadow", O_RDONLY) >= 0 ? 5 : 0;
        }) == 0);
}

TEST_CASE("An unprivileged caller maps itself") {
  const Outcome outcome = InChildWith(0, [](std::string& told) {
    // As a program that was executed by that user: its files in /proc are its own.
    if (!BecomeUser(kService) || ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0) return 1;
    const auto entered = EnterUserNamespaceUnprivileged(OwnProcess(), kService);
    if (!entered) {
      told = entered.error().ToString();
      return 2;
    }
    told = Read("/proc/self/uid_map") + Read("/proc/self/gid_map") + Read("/proc/self/setgroups");
    return VerifyIds(kService) ? 0 : 3;
  });
  CHECK(outcome.told == "4242 4242 1\n4343 4343 1\ndeny\n");
  CHECK(outcome.status == 0);
}

TEST_CASE("A map that cannot be written is an error that names it, and no child is left") {
  CHECK(StatusOfChild([] {
          // More extents than the kernel takes (user_namespaces(7)).
          Identity crowded = kService;
          for (std::uint32_t id = 5000; id < 6000; id += 2) crowded.groups.push_back(id);
          const auto entered = EnterUserNamespace(OwnProcess(), crowded);
          if (entered || entered.error().object != "gid_map") return 1;
          return ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD ? 0 : 2;
        }) == 0);
}

}  // namespace
}  // namespace postern::sandbox
