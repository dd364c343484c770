// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/error.h"

#include <catch2/catch.hpp>
#include <memory>

namespace postern::sandbox::sys {
namespace {

Result<int> Half(int number) {
  if (number % 2 != 0) return std::unexpected(Error{"half", EDOM, std::to_string(number)});
  return number / 2;
}

Result<int> Quarter(int number) {
  TRY(const int half, Half(number));
  TRY(const int quarter, Half(half));
  return quarter;
}

Status MustBeEven(int number, bool& went_on) {
  TRY_STATUS(Half(number));
  went_on = true;
  return {};
}

TEST_CASE("An error names the call, the object and the number, as xinetd's log does") {
  const Error error{"bind", EADDRINUSE, "127.0.0.1:25"};
  CHECK(error.ToString() == "bind 127.0.0.1:25: Address already in use (errno = 98)");
  CHECK(Error{"fork", EAGAIN, {}}.ToString() ==
        "fork: Resource temporarily unavailable (errno = 11)");
}

TEST_CASE("A number that is no errno is still told") {
  CHECK(ErrnoMessage(ENOENT) == "No such file or directory");
  CHECK(ErrnoText(4711) == "Unknown error 4711 (errno = 4711)");
}

TEST_CASE("The last error carries errno and what it was about") {
  errno = ENOENT;
  const auto unexpected = LastError("open", "/nowhere");
  CHECK(unexpected.error().number == ENOENT);
  CHECK(unexpected.error().ToString() == "open /nowhere: No such file or directory (errno = 2)");
}

TEST_CASE("TRY hands on the first failure and otherwise the value") {
  CHECK(Quarter(12).value() == 3);
  REQUIRE_FALSE(Quarter(6));
  CHECK(Quarter(6).error().object == "3");
  CHECK(Quarter(7).error().object == "7");
}

TEST_CASE("TRY_STATUS returns at a failure and goes on otherwise") {
  bool went_on = false;
  CHECK_FALSE(MustBeEven(3, went_on));
  CHECK_FALSE(went_on);
  CHECK(MustBeEven(4, went_on));
  CHECK(went_on);
}

TEST_CASE("TRY moves what cannot be copied") {
  const auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(5); };
  const auto take = [&]() -> Result<int> {
    TRY(const auto pointer, make());
    return *pointer;
  };
  CHECK(take().value() == 5);
}

}  // namespace
}  // namespace postern::sandbox::sys
