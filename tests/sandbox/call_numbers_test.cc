// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/filter/call_numbers.h"

#include <sys/syscall.h>

#include <catch2/catch.hpp>
#include <set>

namespace postern::sandbox::filter {
namespace {

TEST_CASE("A call has the number of the kernel's headers") {
  CHECK(NumberOf("read") == SYS_read);
  CHECK(NumberOf("clone3") == SYS_clone3);
  CHECK(NumberOf("landlock_restrict_self") == SYS_landlock_restrict_self);
  CHECK(NumberOf("futex_waitv") == SYS_futex_waitv);
}

TEST_CASE("Calls that are newer than libseccomp are known") {
  CHECK(NumberOf("cachestat") == 451);
  CHECK(NumberOf("mseal") == 462);
  CHECK(NumberOf("file_setattr") == 469);
  CHECK(NameOf(452) == "fchmodat2");
}

TEST_CASE("Names and numbers are two ways to say the same") {
  std::set<std::string> names;
  for (std::uint32_t number = 0; number <= kHighestCall; ++number) {
    const std::string name = NameOf(number);
    if (name.empty()) continue;
    INFO(name);
    CHECK(NumberOf(name) == number);
    CHECK(IsCallName(name));
    CHECK(names.insert(name).second);
  }
  CHECK(names.size() > 300);
  CHECK(NameOf(kHighestCall + 1).empty());
  CHECK(NameOf(~0U).empty());
}

TEST_CASE("A call of another architecture is a name without a number") {
  CHECK(IsCallName("mmap2"));
  CHECK(!NumberOf("mmap2"));
  CHECK(!IsCallName("no_such_call"));
  CHECK(!IsCallName(""));
}

}  // namespace
}  // namespace postern::sandbox::filter
