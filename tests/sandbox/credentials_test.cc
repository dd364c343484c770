// SPDX-License-Identifier: BSD-2-Clause
// Needs root.
#include "sandbox/confine/credentials.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "sandbox/sys/process.h"
#include "tests/testlib/child.h"

namespace postern::sandbox {
namespace {

using testlib::StatusOfChild;

const Identity kSomebody{true, 65534, 65533, {}};

TEST_CASE("Root given up does not come back, nor do its groups") {
  CHECK(StatusOfChild([] {
          const gid_t groups[] = {4, 8};
          if (::setgroups(2, groups) != 0) return 2;
          if (!BecomeUser(kSomebody)) return 3;
          uid_t real = 0, effective = 0, saved = 0;
          if (::getresuid(&real, &effective, &saved) != 0) return 4;
          if (real != 65534 || effective != 65534 || saved != 65534) return 5;
          if (::getresgid(&real, &effective, &saved) != 0) return 6;
          if (real != 65533 || effective != 65533 || saved != 65533) return 7;
          if (::getgroups(0, nullptr) != 0 || sys::IsRoot()) return 8;
          if (sys::OwnUid() != 65534 || sys::OwnGid() != 65533) return 9;
          return ::setuid(0) == 0 || ::setgid(0) == 0 ? 10 : 0;
        }) == 0);
}

TEST_CASE("Supplementary groups are exactly those planned, in any order") {
  CHECK(StatusOfChild([] {
          if (!BecomeUser({true, 1000, 1000, {50, 4, 2'000'000'000}})) return 1;
          gid_t groups[8];
          return ::getgroups(8, groups) == 3 ? 0 : 2;
        }) == 0);
}

TEST_CASE("Only root becomes another user") {
  CHECK(StatusOfChild([] {
          if (!BecomeUser(kSomebody)) return 1;
          const auto again = BecomeUser({true, 1000, 1000, {}});
          return !again && again.error().number == EPERM ? 0 : 2;
        }) == 0);
}

TEST_CASE("The id that means no change is refused before anything changes") {
  constexpr std::uint32_t kNoId = ~std::uint32_t{0};
  const Identity refused[] = {
      {true, kNoId, 1000, {}}, {true, 1000, kNoId, {}}, {true, 1000, 1000, {4, kNoId}}};
  for (const Identity& identity : refused) {
    CHECK(CheckIdentity(identity).error().number == EINVAL);
    CHECK(StatusOfChild([&] { return BecomeUser(identity) || ::getuid() != 0 ? 1 : 0; }) == 0);
  }
  CHECK(CheckIdentity({true, kNoId - 1, kNoId - 1, {kNoId - 1}}));
}

TEST_CASE("An id that differs in one of its three places is noticed") {
  CHECK(StatusOfChild([] {
          if (::setresuid(static_cast<uid_t>(-1), static_cast<uid_t>(-1), 65534) != 0) return 1;
          return VerifyIds({true, 0, 0, {}}).error().object == "not the planned user" ? 0 : 2;
        }) == 0);
  CHECK(StatusOfChild([] {
          if (::setresgid(65533, static_cast<gid_t>(-1), static_cast<gid_t>(-1)) != 0) return 1;
          return VerifyIds({true, 0, 0, {}}).error().object == "not the planned group" ? 0 : 2;
        }) == 0);
  CHECK(StatusOfChild([] { return VerifyIds({true, 0, 0, {}}) ? 0 : 1; }) == 0);
}

TEST_CASE("A group more or less is noticed") {
  CHECK(StatusOfChild([] {
          if (!SetGroups(std::vector<std::uint32_t>{4, 8})) return 1;
          if (!VerifyGroups({true, 0, 0, {8, 4}})) return 2;
          if (VerifyGroups({true, 0, 0, {4}})) return 3;
          return VerifyGroups({true, 0, 0, {4, 8, 9}}) ? 4 : 0;
        }) == 0);
}

TEST_CASE("A way back to root is noticed") {
  // A saved id of root, as a set-user-id program has.
  CHECK(StatusOfChild([] {
          if (::setresuid(65534, 65534, 0) != 0) return 1;
          return VerifyNoWayBack(kSomebody).error().number == EEXIST ? 0 : 2;
        }) == 0);
  CHECK(StatusOfChild([] {
          if (::setresgid(65533, 65533, 0) != 0 || ::setresuid(65534, 65534, 65534) != 0) return 1;
          return VerifyNoWayBack(kSomebody).error().object == "root's group is back" ? 0 : 2;
        }) == 0);
  CHECK(StatusOfChild([] { return VerifyNoWayBack({true, 0, 0, {}}) ? 0 : 1; }) == 0);
}

TEST_CASE("Capabilities survive a change of user only where that is asked for") {
  const auto permitted_after = [](bool keep) {
    return StatusOfChild([keep] {
      if (!SetUser(65534, keep)) return 1;
      return ::prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0) == (keep ? 1 : 0) &&
                     (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0) == 0)
                 ? 0
                 : 2;
    });
  };
  CHECK(permitted_after(true) == 0);
  CHECK(permitted_after(false) == 0);
}

}  // namespace
}  // namespace postern::sandbox
