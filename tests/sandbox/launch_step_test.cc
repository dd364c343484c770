// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/launch_step.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

namespace postern::sandbox {
namespace {

TEST_CASE("Each step of a launch has a text of its own, and a number that is none has another") {
  std::set<std::string_view> texts;
  const auto last = static_cast<std::uint32_t>(LaunchStep::kExecute);
  for (std::uint32_t step = 1; step <= last; ++step) {
    texts.insert(StepText(static_cast<LaunchStep>(step)));
  }
  CHECK(texts.size() == last);
  CHECK_FALSE(texts.contains("unknown step"));
  CHECK(StepText(static_cast<LaunchStep>(last + 1)) == "unknown step");
}

}  // namespace
}  // namespace postern::sandbox
