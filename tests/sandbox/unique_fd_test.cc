// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/unique_fd.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>

#include "tests/testlib/child.h"

namespace postern::sandbox::sys {
namespace {

UniqueFd OpenNull() { return UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC)); }
bool IsOpen(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

TEST_CASE("A descriptor is closed when its owner goes") {
  int number = -1;
  {
    const UniqueFd fd = OpenNull();
    REQUIRE(fd);
    number = fd.get();
    CHECK(IsOpen(number));
  }
  CHECK_FALSE(IsOpen(number));
}

TEST_CASE("Moving a descriptor leaves one owner") {
  UniqueFd first = OpenNull();
  const int number = first.get();
  UniqueFd second(std::move(first));
  CHECK_FALSE(first);
  CHECK(second.get() == number);

  UniqueFd third = OpenNull();
  const int replaced = third.get();
  third = std::move(second);
  CHECK(third.get() == number);
  CHECK_FALSE(IsOpen(replaced));
  CHECK(IsOpen(number));
}

TEST_CASE("Assigning a descriptor to itself keeps it open") {
  UniqueFd fd = OpenNull();
  UniqueFd& same = fd;
  fd = std::move(same);
  REQUIRE(fd);
  CHECK(IsOpen(fd.get()));
}

TEST_CASE("A released descriptor stays open, and resetting nothing closes nothing") {
  UniqueFd fd = OpenNull();
  const int number = fd.Release();
  CHECK_FALSE(fd);
  fd.Reset();
  CHECK(IsOpen(number));
  UniqueFd again(number);
  again.Reset();
  CHECK_FALSE(IsOpen(number));
}

TEST_CASE("A duplicate is another number above 2, closed at execve") {
  const UniqueFd fd = OpenNull();
  const UniqueFd copy = UniqueFd::DuplicateOf(fd.get());
  REQUIRE(copy);
  CHECK(copy.get() != fd.get());
  CHECK(copy.get() > 2);
  CHECK(::fcntl(copy.get(), F_GETFD) == FD_CLOEXEC);
}

TEST_CASE("A duplicate of nothing, or in a full table, owns nothing") {
  CHECK_FALSE(UniqueFd::DuplicateOf(-1));
  CHECK(errno == EBADF);
  CHECK(testlib::StatusOfChild([] {
          const rlimit full{3, 3};
          if (::setrlimit(RLIMIT_NOFILE, &full) != 0) return 1;
          return UniqueFd::DuplicateOf(0) ? 2 : 0;
        }) == 0);
}

}  // namespace
}  // namespace postern::sandbox::sys
