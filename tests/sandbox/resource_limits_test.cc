// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/resource_limits.h"

#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <set>
#include <vector>

#include "tests/testlib/child.h"

namespace postern::sandbox {
namespace {

using testlib::StatusOfChild;

rlimit Now(int resource) {
  rlimit limit{};
  ::getrlimit(static_cast<__rlimit_resource>(resource), &limit);
  return limit;
}

TEST_CASE("Sixteen limits have a name each") {
  std::set<std::string_view> names;
  for (int resource = 0; resource < 16; ++resource) {
    const std::string_view name = LimitName(resource);
    CHECK(LimitNamed(name) == resource);
    names.insert(name);
  }
  CHECK(names.size() == 16);
  CHECK(LimitNamed("nofile") == static_cast<int>(RLIMIT_NOFILE));
  CHECK(LimitNamed("as") == static_cast<int>(RLIMIT_AS));
}

TEST_CASE("What is no limit is none") {
  for (const char* name : {"", "NOFILE", "rlimit_nofile", "no", "nofiles"}) {
    CHECK_FALSE(LimitNamed(name));
  }
  CHECK(LimitName(16).empty());
  CHECK(LimitName(-1).empty());
  CHECK(ApplyLimit({16, 1}).error().number == EINVAL);
  CHECK(MakeRoomFor({-1, 1}).error().number == EINVAL);
}

TEST_CASE("Each limit is set, soft and hard") {
  for (int resource = 0; resource < 16; ++resource) {
    INFO(LimitName(resource));
    // Below what it is now, and enough for the child to go on.
    const rlim_t value = std::min<rlim_t>(Now(resource).rlim_max, rlim_t{1} << 40);
    CHECK(StatusOfChild([&] {
            if (!ApplyLimit({resource, value})) return 1;
            const rlimit now = Now(resource);
            return now.rlim_cur == value && now.rlim_max == value ? 0 : 2;
          }) == 0);
  }
}

TEST_CASE("A limit that cannot be raised is an error that names it") {
  CHECK(StatusOfChild([] {
          if (!ApplyLimit({RLIMIT_CORE, 10})) return 1;
          if (::setuid(65534) != 0) return 2;
          const auto raised = ApplyLimit({RLIMIT_CORE, 11});
          if (raised || raised.error().number != EPERM || raised.error().object != "core") return 3;
          const auto room = MakeRoomFor({RLIMIT_CORE, 11});
          return !room && room.error().number == EPERM ? 0 : 4;
        }) == 0);
}

TEST_CASE("Room is made without lowering anything") {
  CHECK(StatusOfChild([] {
          const rlimit before = Now(RLIMIT_CPU);
          if (!MakeRoomFor({RLIMIT_CPU, 1})) return 1;
          const rlimit after = Now(RLIMIT_CPU);
          return before.rlim_cur == after.rlim_cur && before.rlim_max == after.rlim_max ? 0 : 2;
        }) == 0);
}

TEST_CASE("What would starve the zygote is left to the instance, all else holds at once") {
  for (const int resource : {RLIMIT_CPU, RLIMIT_AS, RLIMIT_DATA, RLIMIT_NOFILE}) {
    CHECK(IsForInstancesOnly(resource));
  }
  for (const int resource : {RLIMIT_CORE, RLIMIT_FSIZE, RLIMIT_NPROC, RLIMIT_STACK}) {
    CHECK_FALSE(IsForInstancesOnly(resource));
  }
  CHECK(StatusOfChild([] {
          const std::vector<PlannedLimit> plan = {{RLIMIT_NOFILE, 2}, {RLIMIT_FSIZE, 77}};
          if (!PrepareLimits(plan)) return 1;
          return Now(RLIMIT_NOFILE).rlim_cur > 2 && Now(RLIMIT_FSIZE).rlim_max == 77 ? 0 : 2;
        }) == 0);
}

TEST_CASE("Under a limit of one process, the zygote can make that one") {
  CHECK(StatusOfChild([] {
          const std::vector<PlannedLimit> plan = {{RLIMIT_NPROC, 1}};
          if (!PrepareLimits(plan) || Now(RLIMIT_NPROC).rlim_max != 2) return 1;
          return ApplyLimit({RLIMIT_NPROC, 1}) ? 0 : 2;
        }) == 0);
  CHECK(StatusOfChild([] {
          const std::vector<PlannedLimit> plan = {{RLIMIT_NPROC, RLIM_INFINITY}};
          // Who may not raise it is told so; in no case is it one more than infinite, which is
          // none.
          const rlim_t before = Now(RLIMIT_NPROC).rlim_max;
          const rlim_t expected = PrepareLimits(plan) ? RLIM_INFINITY : before;
          return Now(RLIMIT_NPROC).rlim_max == expected ? 0 : 1;
        }) == 0);
}

}  // namespace
}  // namespace postern::sandbox
