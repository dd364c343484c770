// SPDX-License-Identifier: BSD-2-Clause
#include "policy/service/hosts_files.h"

#include <catch2/catch.hpp>

#include "tests/testlib/fake_system.h"

namespace postern::policy {
namespace {

std::string FirstRule(const std::string& allow, const std::string& deny) {
  FakeSystem system;
  system.files = {{"/etc/hosts.allow", allow}, {"/etc/hosts.deny", deny}};
  return FirstHostsRule({}, system);
}

}  // namespace

TEST_CASE("the first line that is neither blank nor a comment is a rule") {
  CHECK(FirstRule("", "").empty());
  CHECK(FirstRule("# x\n\n \t\n#", "# ALL: ALL\r\n").empty());
  CHECK(FirstRule("# x\nsshd: ALL\n", "") == "/etc/hosts.allow:2");
  CHECK(FirstRule("", "\nALL: ALL") == "/etc/hosts.deny:2");
  CHECK(FirstRule("", "junk") == "/etc/hosts.deny:1");
}

TEST_CASE("files that do not exist hold no rule, unreadable ones may") {
  FakeSystem system;
  CHECK(FirstHostsRule({}, system).empty());
  system.unreadable.insert("/etc/hosts.deny");
  CHECK(FirstHostsRule({}, system).starts_with("/etc/hosts.deny (unreadable"));
}

TEST_CASE("a rule holds every service that does not say NOLIBWRAP") {
  FakeSystem system;
  system.files["/etc/hosts.deny"] = "ALL: 10.0.0.1\n";
  const Configuration loaded =
      LoadBoth(ServiceWith("") + ServiceWith("flags = NOLIBWRAP", "s2", "2"),
               "smtp stream tcp nowait mail /usr/sbin/exim exim -bs\n", system);
  CHECK(IsHeld(loaded, "s1"));
  CHECK(FindService(loaded, "s2") != nullptr);
  CHECK(FindService(loaded, "smtp") != nullptr);
  REQUIRE(Codes(loaded) == "hosts-files-not-evaluated");
  CHECK(loaded.diagnostics[0].message.find("/etc/hosts.deny:1") != std::string::npos);
  CHECK(loaded.diagnostics[0].fix.find("NOLIBWRAP") != std::string::npos);
}

TEST_CASE("other files can be named") {
  FakeSystem system;
  system.files["/h"] = "ALL: ALL\n";
  LoadOptions options;
  options.hosts_allow_path = "/h";
  CHECK(FirstHostsRule(options, system) == "/h:1");
}

}  // namespace postern::policy
