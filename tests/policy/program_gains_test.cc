// SPDX-License-Identifier: BSD-2-Clause
#include "policy/service/program_gains.h"

#include <catch2/catch.hpp>

#include "tests/testlib/fake_system.h"

namespace postern::policy {
namespace {

using Kind = SystemView::FileFacts::Kind;

TEST_CASE("a program gains by its mode bits or by its capabilities") {
  FakeSystem system;
  SystemView::FileFacts& facts = system.facts["/bin/p"];
  facts = {.kind = Kind::kRegular, .mode = 0755};
  CHECK(WhatItGains("/bin/p", system).empty());
  facts.mode = 04755;
  CHECK(WhatItGains("/bin/p", system) == "setuid");
  facts.mode = 02755;
  CHECK(WhatItGains("/bin/p", system) == "setgid");
  facts.mode = 02745;
  CHECK(WhatItGains("/bin/p", system).empty());
  facts.mode = 0755;
  facts.capabilities = true;
  CHECK(WhatItGains("/bin/p", system) == "given capabilities");
  facts = {.kind = Kind::kDirectory, .mode = 02755};
  CHECK(WhatItGains("/bin/p", system).empty());
}

}  // namespace
}  // namespace postern::policy
