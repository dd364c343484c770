// SPDX-License-Identifier: BSD-2-Clause
// What changes the user is tried in a child. Needs root.
#include "sandbox/sys/accounts.h"

#include <grp.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/testlib/child.h"

namespace postern::sandbox::sys {
namespace {

using testlib::StatusOfChild;

TEST_CASE("Accounts are found by name, and by name alone") {
  CHECK(FindUser("root")->uid == 0);
  CHECK(FindGroup("root") == 0U);
  CHECK(FindUser("nobody")->uid == 65534);
  for (const char* nobody : {"", "0", "no_such_user_q"}) {
    INFO(nobody);
    CHECK_FALSE(FindUser(nobody).has_value());
    CHECK_FALSE(FindGroup(nobody).has_value());
  }
}

TEST_CASE("Becoming an account changes groups, group and user, for good") {
  const Account nobody = FindUser("nobody").value();
  CHECK(StatusOfChild([&nobody] {
          const gid_t extra[] = {1, 2};
          if (::setgroups(2, extra) != 0) return 1;
          if (!BecomeAccount("nobody", nobody)) return 2;
          if (::getuid() != nobody.uid || ::getgid() != nobody.gid) return 3;
          gid_t groups[8];
          if (::getgroups(8, groups) != 1 || groups[0] != nobody.gid) return 4;
          if (::setuid(0) == 0 || ::setgid(0) == 0) return 5;
          return 0;
        }) == 0);
}

TEST_CASE("A process that may not change its user fails unless it is that user already") {
  const Account nobody = FindUser("nobody").value();
  CHECK(StatusOfChild([&nobody] {
          if (!BecomeAccount("nobody", nobody)) return 1;
          if (!BecomeAccount("nobody", nobody)) return 2;
          const auto other = BecomeAccount("daemon", FindUser("daemon").value());
          if (other || other.error().number != EPERM) return 3;
          return BecomeAccount("root", {0, 0}) ? 4 : 0;
        }) == 0);
}

TEST_CASE("A group alone leaves the user as it is") {
  CHECK(StatusOfChild([] {
          if (!BecomeGroup(1)) return 1;
          return ::getgid() == 1 && ::getegid() == 1 && ::getuid() == 0 ? 0 : 2;
        }) == 0);
  CHECK(StatusOfChild([] {
          if (::setresuid(65534, 65534, 65534) != 0) return 1;
          return BecomeGroup(1) ? 2 : 0;
        }) == 0);
}

}  // namespace
}  // namespace postern::sandbox::sys
