// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/access/log_sink.h"

#include <catch2/catch.hpp>

namespace postern::wrapper {
namespace {

TEST_CASE("what a client chose cannot forge a line or reach a terminal") {
  CHECK(EscapeForLog("bob\n<3>eve\x1b[2J\x7f") == "bob\\x0a<3>eve\\x1b[2J\\x7f");
  CHECK(EscapeForLog(std::string_view("a\0b", 3)) == "a\\x00b");
  CHECK(EscapeForLog("\xc2\x9b") == "\\xc2\\x9b");
  CHECK(EscapeForLog("connect from a@b (::1) \\ \"%s\"") == "connect from a@b (::1) \\ \"%s\"");
}

TEST_CASE("a warning names the rule at work, and only while it is") {
  CollectedLog sink;
  RuleLog log(sink);
  log.Warn("one");
  log.Enter("/etc/hosts.deny", 7);
  log.Warn("two");
  log.Error("three\n");
  log.Leave();
  log.Warn("four");
  log.Write(kLogInfo, "five");
  CHECK(sink.lines() ==
        std::vector<LogLine>{{kLogError, "warning: one"},
                             {kLogError, "warning: /etc/hosts.deny, line 7: two"},
                             {kLogError, "error: /etc/hosts.deny, line 7: three\\x0a"},
                             {kLogError, "warning: four"},
                             {kLogInfo, "five"}});
}

}  // namespace
}  // namespace postern::wrapper
