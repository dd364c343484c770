// SPDX-License-Identifier: BSD-2-Clause
#include "policy/check/program_files.h"

#include <catch2/catch.hpp>

#include "tests/testlib/fake_system.h"

namespace postern::policy::check {
namespace {

using Kind = SystemView::FileFacts::Kind;

TEST_CASE("a program is as safe as its file and every directory on its path") {
  FakeSystem system;
  system.facts["/opt/x/bin/server"] = {.kind = Kind::kRegular, .mode = 0755};
  CHECK(WritableByAll("/opt/x/bin/server", system).empty());
  system.facts["/opt/x/bin/server"].mode = 0757;
  CHECK(WritableByAll("/opt/x/bin/server", system) == "/opt/x/bin/server");
  system.facts["/opt/x"] = {.kind = Kind::kDirectory, .mode = 0777};
  CHECK(WritableByAll("/opt/x/bin/server", system) == "/opt/x");
  system.facts["/opt/x"].mode = 01777;
  CHECK(WritableByAll("/opt/x/bin/server", system) == "/opt/x/bin/server");
  system.facts["/opt/x/bin/server"].mode = 01757;
  CHECK(WritableByAll("/opt/x/bin/server", system) == "/opt/x/bin/server");
  system.facts["/opt/x/bin/server"].mode = 0775;
  CHECK(WritableByAll("/opt/x/bin/server", system).empty());
}

}  // namespace
}  // namespace postern::policy::check
