// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/config/policy_files.h"

#include <catch2/catch.hpp>

#include "tests/testlib/fake_system.h"

namespace postern::wrapper {
namespace {

using policy::FakeSystem;
using End = policy::hosts::Table::End;

PolicyFiles Read(const PolicyPaths& paths, const FakeSystem& system,
                 Purpose purpose = Purpose::kDecisions) {
  return ReadPolicy(paths, purpose, system);
}

TEST_CASE("What the command line does not name is the system's, and may be missing") {
  const PolicyPaths paths = ChoosePaths("", "", {});
  CHECK(paths.hosts_allow.path == "/etc/hosts.allow");
  CHECK(paths.hosts_deny.path == "/etc/hosts.deny");
  CHECK(paths.xinetd.path == "/etc/xinetd.conf");
  CHECK(paths.inetd.path == "/etc/inetd.conf");
  const PolicyFiles files = Read(paths, {});
  CHECK(files.problems.empty());
  CHECK(files.hosts->allow().end == End::kMissing);
  CHECK(files.services.services.empty());
}

TEST_CASE("A named file must be there") {
  const PolicyFiles files = Read(ChoosePaths("a", "d", {.xinetd = "x", .inetd = "i"}), {});
  CHECK(files.problems.size() == 4);
  CHECK(files.problems[0] == "a: no such file");
  CHECK(files.problems[1] == "d: no such file");
  CHECK(files.problems[2].starts_with("x:"));
  CHECK(files.problems[3].starts_with("i:"));
}

TEST_CASE("A named xinetd.conf or inetd.conf leaves the other one out") {
  CHECK(ChoosePaths("", "", {.xinetd = "x", .inetd = ""}).inetd.path.empty());
  CHECK(ChoosePaths("", "", {.xinetd = "", .inetd = "i"}).xinetd.path.empty());
}

TEST_CASE("A file that is there and cannot be read is told, named or not") {
  FakeSystem system;
  system.unreadable = {"/etc/hosts.allow", "/etc/hosts.deny", "/etc/xinetd.conf"};
  const PolicyFiles files = Read(ChoosePaths("", "", {}), system);
  CHECK(files.problems.size() == 3);
  CHECK(files.hosts->deny().end == End::kUnreadable);
}

TEST_CASE("/dev/null has no rules") {
  FakeSystem system;
  system.files["/dev/null"] = "";  // as sandbox/sys/files.h reads it
  const PolicyFiles files = Read(ChoosePaths("/dev/null", "/dev/null", {}), system);
  CHECK(files.problems.empty());
  CHECK(files.hosts->deny().end == End::kComplete);
}

TEST_CASE("A directory has files of fixed names, each of which may be missing") {
  FakeSystem system;
  system.files["d/hosts.deny"] = "ALL: ALL\n";
  const PolicyFiles files = Read(PathsIn("d"), system);
  CHECK(files.problems.empty());
  CHECK(files.hosts->allow().rules.empty());
  CHECK(files.hosts->deny().rules.size() == 1);
}

TEST_CASE("Rules of the hosts files hold no service") {
  FakeSystem system;
  system.files["d/hosts.deny"] = "ALL: ALL\n";
  system.files["d/xinetd.conf"] = policy::ServiceWith("");
  CHECK(Read(PathsIn("d"), system).services.services.size() == 1);
}

TEST_CASE("For decisions programs and accounts are presumed, for a check they are not") {
  FakeSystem system;
  system.files["d/xinetd.conf"] =
      policy::ServiceWith("user = no_such_user\ngroup = no_such_group\nserver = /missing");
  system.not_executable["/missing"] = "No such file or directory";
  CHECK(Read(PathsIn("d"), system).services.services.size() == 1);
  const PolicyFiles checked = Read(PathsIn("d"), system, Purpose::kCheck);
  CHECK(checked.services.services.empty());
  CHECK(checked.services.held.size() == 1);
}

TEST_CASE("A configuration that nothing may be started from is a problem") {
  FakeSystem system;
  system.files["x"] = "defaults\n{\n no_such_attribute = 1\n}\n";
  const PolicyFiles files = Read(ChoosePaths("", "", {.xinetd = "x", .inetd = ""}), system);
  REQUIRE(files.problems.size() == 1);
  CHECK(files.problems[0].starts_with("x:3:"));
}

}  // namespace
}  // namespace postern::wrapper
