// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hosts/options.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace postern::policy::hosts {
namespace {

using End = OptionProgram::End;
const SourceLocation kWhere{"/etc/hosts.allow", 3, 12};

OptionProgram Parse(std::string_view text) { return ParseOptions(text, kWhere); }

std::vector<std::string> Actions(const OptionProgram& program) {
  std::vector<std::string> texts;
  for (const OptionAction& action : program.actions) texts.push_back(OptionText(action));
  return texts;
}

std::string ErrorOf(std::string_view text) {
  const OptionProgram program = Parse(text);
  CHECK((program.end == End::kError) == program.error.has_value());
  return program.error ? program.error->message : "";
}

struct Case {
  const char* text;
  const char* expected;
};

TEST_CASE("each option becomes its action") {
  const Case cases[] = {
      {" severity local5.info\n", "severity local5.info"},
      {"SEVERITY Kern.Emerg", "severity kern.emerg"},
      {"severity notice", "severity notice"},
      {"spawn (echo hi | mail root) &", "spawn (echo hi | mail root) &"},
      {"aclexec /bin/true %a", "aclexec /bin/true %a"},
      {"keepalive", "keepalive"},
      {"linger 30", "linger 30"},
      {"linger 0", "linger 0"},
      {"rfc931", "rfc931"},
      {"rfc931 3", "rfc931 3"},
      {"banners /etc/banners", "banners /etc/banners"},
      {"nice", "nice 10"},
      {"nice -5", "nice -5"},
      {"nice=5", "nice 5"},
      {"setenv GREETING hello there", "setenv GREETING hello there"},
      {"setenv GREETING", "setenv GREETING"},
      {"setenv %=X y", "setenv %=X y"},
      {"spawn = =x", "spawn = =x"},
      {"umask 27", "umask 27"},
      {"umask 0", "umask 0"},
      {"umask 0777", "umask 777"},
      {"user nobody", "user nobody"},
      {"user bob.staff.x", "user bob.staff.x"},
      {"group kmem", "group kmem"},
  };
  for (const Case& c : cases) {
    INFO(c.text);
    const OptionProgram program = Parse(c.text);
    CHECK(program.end == End::kTable);
    CHECK(Actions(program) == std::vector<std::string>{c.expected});
  }
}

TEST_CASE("an error has the text of tcp_wrappers") {
  const Case cases[] = {
      {"", "missing option name"},
      {"\n", "missing option name"},
      {"= 5", "missing option name"},
      {"severity info:", "missing option name"},
      {"logit", "bad option name: \"logit\""},
      {"spawn\vx", "bad option name: \"spawn\vx\""},
      {"Severity", "option \"Severity\" requires value"},
      {"spawn =", "option \"spawn\" requires value"},
      {"allow yes", "option \"allow\" requires no value"},
      {"keepalive=1", "option \"keepalive\" requires no value"},
      {"allow: nice", "option \"allow\" must be at end"},
      {"twist /bin/x: severity info", "option \"twist\" must be at end"},
      {"deny:", "option \"deny\" must be at end"},
      {"severity local9.info", "bad syslog facility or severity: \"local9\""},
      {"severity local5.panic", "bad syslog facility or severity: \"panic\""},
      {"severity authpriv.info", "bad syslog facility or severity: \"authpriv\""},
      {"severity 6", "bad syslog facility or severity: \"6\""},
      {"severity local5.", "bad syslog facility or severity: \"\""},
      {"linger -1", "bad linger value: \"-1\""},
      {"linger 5s", "bad linger value: \"5s\""},
      {"rfc931 0", "bad rfc931 timeout: \"0\""},
      {"rfc931 -3", "bad rfc931 timeout: \"-3\""},
      {"nice much", "bad nice value: \"much\""},
      {"umask 9", "bad umask value: \"9\""},
      {"umask 1000", "bad umask value: \"1000\""},
      {"setenv GREETING=hello", "memory allocation failure"},
      {"setenv = = x", "memory allocation failure"},
      {"user bob.", "unknown group: \"\""},
      {"user .staff", "unknown user: \"\""},
  };
  for (const Case& c : cases) {
    INFO(c.text);
    CHECK(ErrorOf(c.text) == c.expected);
  }
}

TEST_CASE("what may only be known when it acts is no error here") {
  CHECK(ErrorOf("user no_such_user_q") == "");
  CHECK(ErrorOf("group no_such_group_q") == "");
  CHECK(ErrorOf("banners /nonexistent/x") == "");
  CHECK(ErrorOf("setenv %z") == "");
}

TEST_CASE("options before an error stay, those behind it are not looked at") {
  const OptionProgram program = Parse("umask 22: nice: logit: severity info: allow");
  CHECK(program.end == End::kError);
  CHECK(Actions(program) == std::vector<std::string>{"umask 22", "nice 10"});
}

TEST_CASE("allow, deny and twist end the program") {
  CHECK(Parse("allow").end == End::kAllow);
  CHECK(Parse(" DENY \n").end == End::kDeny);
  const OptionProgram twist = Parse("severity info : twist /bin/echo 421 %a\n");
  CHECK(twist.end == End::kTwist);
  CHECK(twist.twist_command == "/bin/echo 421 %a");
  CHECK(Actions(twist) == std::vector<std::string>{"severity info"});
}

TEST_CASE("a backslash protects a colon and nothing else") {
  const OptionProgram program = Parse("setenv T 10\\:30 : spawn echo a\\\\:b \\x: deny");
  CHECK(Actions(program) == std::vector<std::string>{"setenv T 10:30", "spawn echo a\\:b \\x"});
  CHECK(program.end == End::kDeny);
  CHECK(ErrorOf("setenv T [10:30]") == "bad option name: \"30]\"");
}

TEST_CASE("severities are syslog's numbers") {
  const auto severity = [](std::string_view text) {
    return std::get<option::SetSeverity>(Parse(text).actions.at(0));
  };
  CHECK(severity("severity local5.info").facility == (21 << 3));
  CHECK(severity("severity local5.info").level == 6);
  CHECK(severity("severity kern.debug").facility == 0);
  CHECK_FALSE(severity("severity emerg").facility.has_value());
}

TEST_CASE("an error points at its option and may say what was meant") {
  const OptionProgram program = Parse(" allow2 : sevrity info");
  REQUIRE(program.error);
  CHECK(program.error->where == SourceLocation{"/etc/hosts.allow", 3, 13});
  CHECK(program.error->code == "bad-option-name");
  const OptionProgram second = Parse(" nice : sevrity info");
  REQUIRE(second.error);
  CHECK(second.error->where.column == 20);
  CHECK(second.error->fix == "write \"severity\"");
  CHECK(Parse("qqqqqqq").error->fix.empty());
}

}  // namespace
}  // namespace postern::policy::hosts
