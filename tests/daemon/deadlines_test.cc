// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/deadlines.h"

#include <catch2/catch.hpp>

#include "sandbox/sys/events.h"

namespace postern::daemon {
namespace {

using std::chrono::milliseconds;

TEST_CASE("the first deadline is due first, until it is set again") {
  Deadlines deadlines;
  CHECK_FALSE(deadlines.first());
  CHECK_FALSE(deadlines.Due(milliseconds(1000)));
  deadlines.Set(7, milliseconds(30));
  deadlines.Set(8, milliseconds(20));
  deadlines.Set(9, milliseconds(20));
  CHECK(deadlines.first() == milliseconds(20));
  CHECK_FALSE(deadlines.Due(milliseconds(19)));
  CHECK(deadlines.Due(milliseconds(20)) == 8U);
  deadlines.Set(8, milliseconds(40));
  CHECK(deadlines.Due(milliseconds(20)) == 9U);
  deadlines.Set(9, std::nullopt);
  CHECK_FALSE(deadlines.contains(9));
  CHECK(deadlines.contains(7));
  CHECK(deadlines.first() == milliseconds(30));
  deadlines.Set(9, std::nullopt);
  deadlines.Set(7, std::nullopt);
  CHECK(deadlines.Due(milliseconds(40)) == 8U);
}

TEST_CASE("the wait is for what comes first, and for ever where nothing does") {
  constexpr milliseconds kForEver(-1);
  CHECK(WaitFor(std::nullopt, kForEver) == kForEver);
  CHECK(WaitFor(std::nullopt, milliseconds(5)) == milliseconds(5));
  CHECK(WaitFor(milliseconds(0), kForEver) == milliseconds(0));
  const auto later = sandbox::sys::BootTime() + std::chrono::hours(1);
  CHECK(WaitFor(later, milliseconds(5)) == milliseconds(5));
  CHECK(WaitFor(later, kForEver) > std::chrono::minutes(59));
}

}  // namespace
}  // namespace postern::daemon
