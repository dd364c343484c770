// SPDX-License-Identifier: BSD-2-Clause
// Needs root.
#include "sandbox/confine/enter.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/sandbox/confine_fixture.h"

namespace postern::sandbox {
namespace {

TEST_CASE("Each profile is entered") {
  for (const Profile& profile : {BaselineProfile(), StandardProfile(), StrictProfile()}) {
    const Outcome outcome = Inside(profile, [](const Report& report, std::string& told) {
      for (const auto& w : report.warnings) told += w + "\n";
      return 0;
    });
    CHECK(outcome.told == "");
    CHECK(outcome.status == 0);
  }
}

}  // namespace
}  // namespace postern::sandbox
