// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/gate/advice.h"

#include <catch2/catch.hpp>
#include <string_view>

namespace postern::daemon {
namespace {

std::string_view WordsOf(const GateAdviceFrame& frame) {
  return {frame.words.data(), frame.length};
}

TEST_CASE("Where options changed nothing the advice is to start the program as planned") {
  const ProcessState state{{"A=b"}, 022, 3, 5, 6};
  const auto advice = Advice(state, state, std::nullopt);
  REQUIRE(advice);
  CHECK(advice->has_umask == 0);
  CHECK(advice->has_priority == 0);
  CHECK(advice->twist == 0);
  CHECK(advice->length == 0);
}

TEST_CASE("What options changed is told") {
  const ProcessState before{{"A=b", "C=d"}, 022, 3, 5, 6};
  const ProcessState after{{"A=b", "C=changed", "E=f"}, 077, 8, 5, 6};
  const auto advice = Advice(before, after, "echo hi");
  REQUIRE(advice);
  CHECK(advice->has_umask == 1);
  CHECK(advice->umask == 077);
  CHECK(advice->has_priority == 1);
  CHECK(advice->priority == 8);
  CHECK(advice->twist == 1);
  CHECK(WordsOf(*advice) == std::string_view("C=changed\0E=f\0echo hi\0", 22));
}

TEST_CASE("A user that was changed, or more words than fit, are no advice") {
  const ProcessState before{{}, 022, 0, 5, 6};
  ProcessState after = before;
  SECTION("the user") { after.uid = 7; }
  SECTION("the group") { after.gid = 7; }
  SECTION("a word") { after.environment = {"A=" + std::string(4000, 'x')}; }
  CHECK_FALSE(Advice(before, after, std::nullopt));
}

TEST_CASE("A command that does not fit is not cut short") {
  const ProcessState state{{}, 022, 0, 5, 6};
  CHECK_FALSE(Advice(state, state, std::string(3072, 'x')));
  CHECK(Advice(state, state, std::string(3071, 'x')));
}

}  // namespace
}  // namespace postern::daemon
