// SPDX-License-Identifier: BSD-2-Clause
// The numbered decisions of tcp_wrappers, asked of postern's policy.
#include <catch2/catch.hpp>

#include "tests/differential/numbered_cases.h"
#include "tests/differential/postern_side.h"

namespace postern::differential {
namespace {

using Verdict = oracle::HostsAnswer::Verdict;

bool Granted(const NumberedCase& numbered) {
  const oracle::HostsWorld world = WorldOf(numbered, "/policy");
  PosternSide postern;
  postern.Compile(world, "/policy/allow", "/policy/deny");
  return postern.Decide(CallerOf(numbered)).verdict != Verdict::kDeny;
}

TEST_CASE("each numbered case is decided as tcp_wrappers decides it, or refused on purpose") {
  CHECK(NumberedCases().size() == 103);
  for (const NumberedCase& numbered : NumberedCases()) {
    INFO("case " << numbered.number << ": " << numbered.point);
    CHECK(Granted(numbered) == (numbered.granted && numbered.difference == nullptr));
  }
}

TEST_CASE("the cases that are refused on purpose are granted by tcp_wrappers") {
  int differing = 0;
  for (const NumberedCase& numbered : NumberedCases()) {
    if (numbered.difference == nullptr) continue;
    INFO("case " << numbered.number);
    CHECK(numbered.granted);
    ++differing;
  }
  CHECK(differing == 2);
}

}  // namespace
}  // namespace postern::differential
