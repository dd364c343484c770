// SPDX-License-Identifier: BSD-2-Clause
#include "policy/service/settings_reader.h"

#include <catch2/catch.hpp>

#include "tests/testlib/fake_system.h"

namespace postern::policy {

TEST_CASE("an unknown attribute holds its service and names the near miss (case 2)") {
  const Configuration loaded =
      LoadXinetd(ServiceWith("per_sorce = 2") + ServiceWith("", "s2", "2"));
  CHECK(IsHeld(loaded, "s1"));
  CHECK(FindService(loaded, "s2") != nullptr);
  REQUIRE(loaded.diagnostics.size() == 1);
  CHECK(loaded.diagnostics[0].code == "unknown-attribute");
  CHECK(loaded.diagnostics[0].message.find("per_source") != std::string::npos);
}

TEST_CASE("an error in defaults makes the whole unusable (cases 14, 15, 16)") {
  for (const char* line :
       {"bogus = 1", "instances = abc", "log_type = SYSLOG daemon\nlog_type = SYSLOG daemon",
        "server = /bin/echo", "port=1", "no_access = 10.0.0.1,10.0.0.2", "sandbox = full"}) {
    INFO(line);
    const Configuration loaded = LoadXinetd(DefaultsWith(line) + ServiceWith(""));
    CHECK_FALSE(loaded.usable);
    CHECK(HasErrors(loaded.diagnostics));
  }
  CHECK(LoadXinetd(DefaultsWith("instances = 5") + ServiceWith("")).usable);
}

TEST_CASE("a trailing comment is an error that shows the line in two (case 8)") {
  const Configuration loaded = LoadXinetd(ServiceWith("per_source = 2 # a b"));
  CHECK(IsHeld(loaded, "s1"));
  REQUIRE(loaded.diagnostics.size() == 1);
  CHECK(loaded.diagnostics[0].code == "trailing-comment");
  CHECK(loaded.diagnostics[0].fix == "# a b\nper_source = 2");
  CHECK(loaded.diagnostics[0].where.column == 16);
}

TEST_CASE("trailing comments are accepted where defaults say so, wherever defaults stand") {
  const std::string service = ServiceWith("per_source = 2 # a\nserver_args = x #y z");
  const Configuration loaded =
      LoadXinetd(service + DefaultsWith("instances = 3 # c\ntrailing_comments = accept # d"));
  REQUIRE(loaded.usable);
  const ServiceSpec* const spec = FindService(loaded, "s1");
  REQUIRE(spec != nullptr);
  CHECK(spec->per_source == Limit{2});
  CHECK(spec->instances == Limit{3});
  CHECK(spec->program.argv == std::vector<std::string>{"echo", "x"});
  CHECK_FALSE(LoadXinetd(DefaultsWith("instances = 3 # c")).usable);
}

TEST_CASE("in server_args a # is an argument, as in xinetd, and worth a warning") {
  const Configuration loaded = LoadXinetd(ServiceWith("server_args = -c #room"));
  REQUIRE(FindService(loaded, "s1") != nullptr);
  CHECK(FindService(loaded, "s1")->program.argv.back() == "#room");
  CHECK(Codes(loaded) == "comment-in-arguments");
}

TEST_CASE("a wrong count or a repetition holds the service (cases 6, 7)") {
  CHECK(Codes(LoadXinetd(ServiceWith("port = 20006 20007"))) == "wrong-count");
  const Configuration loaded = LoadXinetd(ServiceWith("wait = no\nwait = yes"));
  CHECK(Codes(loaded) == "repeated-attribute");
  CHECK(IsHeld(loaded, "s1"));
}

TEST_CASE("bind and interface are one attribute") {
  CHECK(FindService(LoadXinetd(ServiceWith("interface = 127.0.0.1")), "s1")
            ->listen.address->ToString() == "127.0.0.1");
  CHECK(Codes(LoadXinetd(ServiceWith("bind = 127.0.0.1\ninterface = 127.0.0.2"))) ==
        "repeated-attribute");
}

TEST_CASE("a second = on a list replaces, with a warning") {
  const Configuration loaded =
      LoadXinetd(ServiceWith("no_access = 10.0.0.1\nno_access = 10.0.0.2"));
  CHECK(Codes(loaded) == "list-replaced");
  REQUIRE(FindService(loaded, "s1") != nullptr);
  CHECK(FindService(loaded, "s1")->no_access->words().size() == 1);
}

TEST_CASE("the number of findings of one service is bounded") {
  std::string lines;
  for (int i = 0; i < 5000; ++i) lines += "bogus = 1\n";
  const Configuration loaded = LoadXinetd(ServiceWith(lines));
  CHECK(loaded.diagnostics.size() == Findings::kMost);
  CHECK(IsHeld(loaded, "s1"));
}

}  // namespace postern::policy
