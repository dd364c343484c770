// SPDX-License-Identifier: BSD-2-Clause
#include "policy/service/xinetd_drafts.h"

#include <catch2/catch.hpp>

#include "tests/testlib/fake_system.h"

namespace postern::policy {

TEST_CASE("defaults reach services that stand before them (case 44)") {
  const std::string defaults = DefaultsWith("only_from = 10.0.0.1\nno_access = 10.0.0.2");
  for (const std::string& text : {ServiceWith("") + defaults, defaults + ServiceWith("")}) {
    const Configuration loaded = LoadXinetd(text);
    REQUIRE(FindService(loaded, "s1") != nullptr);
    CHECK(FindService(loaded, "s1")->only_from->words().size() == 1);
    CHECK(FindService(loaded, "s1")->no_access->words().size() == 1);
  }
}

TEST_CASE("defaults of several files accumulate, single values must not repeat (case 17)") {
  FakeSystem system;
  system.files["more"] = DefaultsWith("only_from = 10.0.0.2\ninstances = 3");
  const Configuration loaded =
      LoadXinetd(DefaultsWith("only_from = 10.0.0.1") + "include more\n" + ServiceWith(""), system);
  REQUIRE(loaded.usable);
  CHECK(FindService(loaded, "s1")->only_from->words().size() == 2);
  CHECK(FindService(loaded, "s1")->instances == Limit{3});

  const Configuration twice =
      LoadXinetd(DefaultsWith("instances = 4") + "include more\n" + ServiceWith(""), system);
  CHECK_FALSE(twice.usable);
  CHECK(Codes(twice) == "repeated-attribute");
}

TEST_CASE("a second defaults section of one file makes all unusable (case 17)") {
  CHECK_FALSE(LoadXinetd(DefaultsWith("") + DefaultsWith("only_from = 10.0.0.1")).usable);
}

TEST_CASE("a disabled service is absent, and junk behind the line does not matter (case 24)") {
  const Configuration loaded = LoadXinetd(
      "service x\n{\ndisable = yes\njunk\nbogus = 1\nport=1\nno_access = ,\n}\n" + ServiceWith(""));
  CHECK(loaded.usable);
  CHECK(loaded.diagnostics.empty());
  CHECK(loaded.held.empty());
  CHECK(loaded.services.size() == 1);
}

TEST_CASE("what is wrong above disable = yes is a warning") {
  const Configuration loaded = LoadXinetd("service x\n{\nbogus = 1\ndisable = yes\n}\n");
  CHECK(Codes(loaded) == "unknown-attribute");
  CHECK_FALSE(HasErrors(loaded.diagnostics));
  CHECK(loaded.held.empty());
}

TEST_CASE("a disable line that cannot be read holds the service") {
  for (const char* line :
       {"disable = yes # note", "disable = maybe", "disable yes", "disable = no\ndisable = yes"}) {
    INFO(line);
    CHECK(IsHeld(LoadXinetd(ServiceWith(line)), "s1"));
  }
}

TEST_CASE("mdns is accepted with a note") {
  const Configuration loaded = LoadXinetd(ServiceWith("mdns = yes"));
  CHECK(FindService(loaded, "s1") != nullptr);
  REQUIRE(loaded.diagnostics.size() == 1);
  CHECK(loaded.diagnostics[0].severity == Severity::kNote);
}

}  // namespace postern::policy
