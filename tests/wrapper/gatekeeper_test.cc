// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/access/gatekeeper.h"

#include <catch2/catch.hpp>

#include "tests/testlib/temp_dir.h"
#include "tests/wrapper/recording_runner.h"

namespace postern::wrapper {
namespace {

using policy::hosts::Fact;
using policy::hosts::HostsPolicy;
using policy::hosts::Needed;
using policy::hosts::Reason;
using policy::hosts::Request;
using policy::hosts::SourceFile;
using Outcome = Decision::Outcome;
using Lines = std::vector<std::string>;

// Both files in memory; a text of "!" cannot be read.
struct Gate {
  MadeUpFacts facts;
  RecordingRunner options;
  CollectedLog log;
  Settings settings;
  bool may_twist = true;
  int verbose = 0;
  Request request;

  Gate() {
    request.daemon = Fact::Known("ftpd");
    request.client.address = Fact::Known("192.0.2.50");
  }

  static std::shared_ptr<const HostsPolicy> Policy(const std::string& allow,
                                                   const std::string& deny) {
    return HostsPolicy::Compile({"A", "D"}, [&](const std::string& path) -> SourceFile {
      const std::string& text = path == "A" ? allow : deny;
      if (path != "A" && path != "D") return {};
      if (text == "!") return {SourceFile::State::kUnreadable, {}, "Permission denied"};
      return {SourceFile::State::kRead, text, {}};
    });
  }

  Decision Decide(const std::string& allow, const std::string& deny = "") {
    options.done.clear();
    Gatekeeper gatekeeper({facts, options, log, settings, 99, may_twist, verbose});
    return gatekeeper.Decide(Policy(allow, deny), request);
  }
  bool Allows(const std::string& allow, const std::string& deny = "ALL: ALL\n") {
    return Decide(allow, deny).outcome == Outcome::kAllowed;
  }
  Lines Logged() const {
    Lines texts;
    for (const LogLine& line : log.lines()) texts.push_back(line.text);
    return texts;
  }
};

TEST_CASE_METHOD(Gate, "the first rule that matches decides, and none grants") {
  CHECK(Allows("ftpd: 192.0.2.\n"));
  CHECK_FALSE(Allows("ftpd: 198.51.100.\n"));
  CHECK(Decide("", "").outcome == Outcome::kAllowed);
  CHECK(Decide("", "").reason == Reason::kNoRule);
  const Decision denied = Decide("", "sshd: ALL\nftpd: ALL\n");
  CHECK(denied.outcome == Outcome::kDenied);
  REQUIRE(denied.rule != nullptr);
  CHECK(denied.rule->where.line == 2);
  CHECK(log.lines().empty());
}

TEST_CASE_METHOD(Gate, "a name or user is asked for when a rule needs it, and once") {
  facts.client_name = "alpha.example.org";
  facts.user = "carol";
  CHECK(Allows("ftpd: 192.0.2.\n"));
  CHECK(facts.asked.empty());
  CHECK(Allows("ftpd: .test EXCEPT .net\nftpd: carol@.example.org\n"));
  CHECK(facts.asked == std::map<Needed, int>{{Needed::kClientName, 1}, {Needed::kUser, 1}});
  CHECK(request.client.name.text() == "alpha.example.org");
  CHECK(request.user.text() == "carol");
}

TEST_CASE_METHOD(Gate, "what nobody answers is unknown") {
  CHECK_FALSE(Allows("ftpd: .example.org\n"));
  CHECK(Allows("ftpd: UNKNOWN\n"));
  CHECK_FALSE(Allows("ftpd: @group\n"));
  CHECK_FALSE(Allows("ftpd: KNOWN@ALL\n"));
  CHECK(facts.asked[Needed::kClientName] == 1);
  CHECK(facts.asked[Needed::kUser] == 1);
}

TEST_CASE_METHOD(Gate, "a warning of a lookup names the rule that asked") {
  facts.client_name = "paranoid";
  CHECK(Allows("sshd: ALL\nftpd: PARANOID\n"));
  CHECK(Logged() == Lines{"warning: A, line 2: it does not verify"});
}

TEST_CASE_METHOD(Gate, "options act in their order, with their values expanded") {
  facts.user = "a;b$(c)";
  CHECK(
      Allows("ftpd: ALL: umask 27: nice: keepalive: linger 3: setenv WHO  %a-%d : "
             "spawn echo %u %p: user bob.staff: group kmem\n"));
  CHECK(options.done == Lines{"umask 23", "nice 10", "keepalive", "linger 3",
                              "setenv WHO=192.0.2.50-ftpd", "spawn echo a_b__c_ 99",
                              "run as bob.staff", "run as .kmem"});
  CHECK(request.user.text() == "a_b__c_");
}

TEST_CASE_METHOD(Gate, "options of rules that do not match are not run") {
  CHECK_FALSE(Allows("ftpd: 10.: spawn x: logit\nsshd: ALL: spawn y\n"));
  CHECK(options.done.empty());
}

TEST_CASE_METHOD(Gate, "allow and deny end the decision in either table") {
  CHECK_FALSE(Allows("ftpd: ALL: deny\n", ""));
  CHECK(Allows("", "ftpd: ALL: allow\nALL: ALL\n"));
  CHECK(Decide("", "ftpd: ALL: allow\n").reason == Reason::kOption);
  CHECK_FALSE(Allows("", "ftpd: ALL: severity info\n"));
}

TEST_CASE_METHOD(Gate, "an error denies after what stands in front of it has acted") {
  const Decision decision = Decide("ftpd: ALL: spawn x: logit: spawn y\n");
  CHECK(decision.outcome == Outcome::kDenied);
  CHECK(decision.reason == Reason::kOptionError);
  CHECK(decision.why == "bad option name: \"logit\"");
  CHECK(options.done == Lines{"spawn x"});
  CHECK(Logged() == Lines{"error: A, line 1: bad option name: \"logit\""});
  CHECK_FALSE(Allows("", "ftpd: ALL: allow: nice\n"));
}

TEST_CASE_METHOD(Gate, "what only acting can tell denies too") {
  options.users_exist = false;
  const Decision decision = Decide("ftpd: ALL: user no_such_user_q: spawn x\n");
  CHECK(decision.outcome == Outcome::kDenied);
  CHECK(decision.why == "unknown user: \"no_such_user_q\"");
  CHECK(options.done == Lines{"run as no_such_user_q."});
  CHECK(Decide("", "ftpd: ALL: user x: allow\n").outcome == Outcome::kDenied);
  CHECK(Decide("ftpd: ALL: setenv %z\n").why == "memory allocation failure");
  facts.client_name = "a=b";
  CHECK(Decide("ftpd: ALL: setenv %n x\n").why == "memory allocation failure");
  CHECK(Decide("ftpd: ALL: setenv X %n\n").outcome == Outcome::kAllowed);
}

TEST_CASE_METHOD(Gate, "severity and rfc931 stay for later decisions, nothing else does") {
  CHECK(Allows("ftpd: ALL: severity local3.notice: rfc931 3\n"));
  CHECK(settings.allow_severity == ((19 << 3) | 5));
  CHECK(settings.deny_severity == ((19 << 3) | 5));
  CHECK(settings.ident_deadline == std::chrono::seconds(3));
  CHECK(facts.asked[Needed::kUser] == 1);
  CHECK(Allows("ftpd: ALL: severity crit\n"));
  CHECK(settings.allow_severity == 2);
}

TEST_CASE_METHOD(Gate, "a failed aclexec leaves the table: hosts.deny decides, then nobody") {
  options.failing_command = "no";
  CHECK_FALSE(Allows("ftpd: ALL: aclexec no\nftpd: ALL\n"));
  CHECK(Logged() == Lines{"aclexec returned 1"});
  CHECK(log.lines().front().priority == kLogInfo);
  CHECK(Allows("ftpd: ALL: aclexec no\n", "ftpd: ALL: allow\nALL: ALL\n"));
  CHECK(Decide("", "ftpd: ALL: aclexec no\nALL: ALL\n").outcome == Outcome::kAllowed);
  CHECK(Allows("ftpd: ALL: aclexec yes\n"));
  CHECK(Decide("", "ftpd: ALL: aclexec yes\n").outcome == Outcome::kDenied);
}

TEST_CASE_METHOD(Gate, "the last aclexec counts, options behind it still act, allow and deny win") {
  options.failing_command = "no";
  CHECK(Allows("ftpd: ALL: aclexec no: aclexec yes\n"));
  CHECK_FALSE(Allows("ftpd: ALL: aclexec yes: aclexec no: umask 0\n", "ALL: ALL: severity info\n"));
  CHECK(Allows("ftpd: ALL: aclexec no: allow\n"));
  CHECK_FALSE(Allows("ftpd: ALL: aclexec no: deny\n", ""));
  CHECK_FALSE(Allows("ftpd: ALL: aclexec no: logit\n", ""));
  CHECK(Decide("ftpd: ALL: aclexec no: twist x\n").outcome == Outcome::kTwisted);
}

TEST_CASE_METHOD(Gate, "a failed aclexec is forgotten by the next decision") {
  options.failing_command = "no";
  CHECK(Decide("ftpd: ALL: aclexec no\n", "").outcome == Outcome::kAllowed);
  CHECK(Decide("", "ftpd: ALL: severity info\n").outcome == Outcome::kDenied);
}

TEST_CASE_METHOD(Gate, "twist hands the client to its command, and is logged as a refusal is") {
  settings.deny_severity = kLogWarning;
  facts.user = "carol";
  const Decision decision = Decide("ftpd: ALL: rfc931: twist /bin/echo 421 %a \n");
  CHECK(decision.outcome == Outcome::kTwisted);
  CHECK(decision.twist_command == "/bin/echo 421 192.0.2.50");
  CHECK(log.lines() ==
        std::vector<LogLine>{{kLogWarning, "twist carol@192.0.2.50 to /bin/echo 421 192.0.2.50"}});
}

TEST_CASE_METHOD(Gate, "a resident process does not twist") {
  may_twist = false;
  const Decision decision = Decide("ftpd: ALL: twist /bin/echo\n");
  CHECK(decision.outcome == Outcome::kDenied);
  CHECK(Logged() == Lines{"error: A, line 1: twist option in resident process"});
}

TEST_CASE_METHOD(Gate, "an expansion that is too long denies and runs nothing") {
  facts.user = std::string(127, 'u');
  std::string many;
  for (int i = 0; i < 65; ++i) many += "%u";
  for (const char* option : {"spawn ", "aclexec ", "setenv X ", "twist "}) {
    INFO(option);
    const Decision decision = Decide("ftpd: ALL: " + (option + many) + "\n", "");
    CHECK(decision.outcome == Outcome::kDenied);
    CHECK(decision.why == "percent_x: expansion too long");
    CHECK(options.done.empty());
  }
}

TEST_CASE_METHOD(Gate, "a letter that means nothing is warned of") {
  CHECK(Allows("ftpd: ALL: spawn x%zy\n"));
  CHECK(options.done == Lines{"spawn xy"});
  CHECK(Logged() == Lines{"warning: A, line 1: unrecognized %z"});
}

TEST_CASE_METHOD(Gate, "what is filtered for a command is filtered for the rules behind it") {
  options.failing_command = "test we_ird.test";
  facts.client_name = "we$ird.test";
  CHECK(Allows("ftpd: ALL: aclexec test %n\n", "ftpd: we_ird.test: allow\nALL: ALL\n"));
  CHECK(request.client.name.text() == "we_ird.test");
}

TEST_CASE_METHOD(Gate, "tables that cannot be used are told, and deny or grant nothing") {
  CHECK_FALSE(Allows("!"));
  CHECK_FALSE(Allows("", "!"));
  CHECK_FALSE(Allows("ftpd: 10.\nftpd: ALL"));
  CHECK_FALSE(Allows("", "telnetd: 10.0.0.1"));
  CHECK(Logged() == Lines{"warning: cannot open A: Permission denied",
                          "warning: cannot open D: Permission denied",
                          "warning: A, line 2: missing newline or line too long",
                          "warning: A, line 2: all the subsequent rules will be ignored",
                          "warning: D, line 1: missing newline or line too long",
                          "warning: D, line 1: all the subsequent rules will be ignored"});
}

TEST_CASE_METHOD(Gate, "trouble behind the rule that matched is not told") {
  CHECK(Allows("bad one\nftpd: ALL\nbad two\nend", "!"));
  CHECK(Logged() == Lines{"warning: A, line 1: missing \":\" separator"});
}

TEST_CASE_METHOD(Gate, "a line without a colon is called by its last line, whatever else it is") {
  CHECK(Allows("bad \\\none\n  # indented\n[ftpd: ALL\nftpd: ALL\n"));
  CHECK(Logged() == Lines{"warning: A, line 2: missing \":\" separator",
                          "warning: A, line 3: missing \":\" separator",
                          "warning: A, line 4: missing \":\" separator"});
}

TEST_CASE_METHOD(Gate, "a refusal for a file that cannot be used names the rule and the file") {
  const std::string deny = "sshd: /other\nftpd: \\\n 10. /none\n";
  const Decision decision = Decide("ftpd: /passed/over\n", deny);
  CHECK(decision.reason == Reason::kPatternFile);
  CHECK(decision.why == "open /none: no such file");
  CHECK(Logged() ==
        Lines{"warning: A, line 1: open /passed/over: no such file: the rule grants nothing",
              "warning: D, line 3: open /none: no such file"});
  CHECK(Decide("", "ftpd: 192.0.2.50 /none\n").reason == Reason::kRule);
  CHECK(log.lines().size() == 2);
}

TEST_CASE_METHOD(Gate, "banners are expanded and sent, and go on with the next option") {
  const testlib::TempDir folder;
  testlib::WriteFile(folder / "ftpd", "Hello %a %%x\nline [x\nend");
  CHECK_FALSE(Allows("ftpd: ALL: banners " + folder.path() + ": deny\n", ""));
  CHECK(options.done == Lines{"banner Hello 192.0.2.50 %x\r\nline [x\nend"});
  CHECK(log.lines().empty());
}

TEST_CASE_METHOD(Gate, "a missing banner file is silent, a missing directory is told") {
  const testlib::TempDir folder;
  CHECK(Allows("ftpd: ALL: banners " + folder.path() + "\n"));
  CHECK(log.lines().empty());
  CHECK(Allows("ftpd: ALL: banners /nonexistent/x\n"));
  CHECK(Logged() == Lines{"warning: A, line 1: /nonexistent/x: No such file or directory"});
  CHECK(options.done.empty());
}

TEST_CASE_METHOD(Gate, "how much is logged can be raised") {
  verbose = 2;
  CHECK(Allows("\n\\\nftpd: ALL: umask 27: allow\n"));
  CHECK(Logged() == Lines{"matched:  A line 3", "option:   umask 27", "option:   allow"});
}

TEST_CASE_METHOD(Gate, "options by themselves act, and may leave the verdict open") {
  Gatekeeper gatekeeper({facts, options, log, settings, 99, may_twist, verbose});
  const auto run = [&](const std::string& text) {
    return gatekeeper.RunOptions(policy::hosts::ParseOptions(text, {"T", 7, 0}), "T", 7, request);
  };
  options.failing_command = "no";
  for (const char* open : {"umask 22", "aclexec no", "aclexec yes"}) {
    CHECK(run(open).outcome == Outcome::kAllowed);
    CHECK(run(open).reason == Reason::kNoRule);
  }
  CHECK(run("umask 22: allow").reason == Reason::kOption);
  CHECK(run("deny").outcome == Outcome::kDenied);
  CHECK(run("deny").reason == Reason::kOption);
  CHECK(run("twist x %a").twist_command == "x 192.0.2.50");
  CHECK(run("deny\\").outcome == Outcome::kDenied);
  CHECK(Logged().back() == "error: T, line 7: bad option name: \"deny\\\"");
}

TEST_CASE("a dry run decides like the real one and does nothing") {
  Gate gate;
  DryRunner dry;
  Gatekeeper gatekeeper({gate.facts, dry, gate.log, gate.settings, 1, true, 0});
  const auto decide = [&](const std::string& allow) {
    return gatekeeper.Decide(Gate::Policy(allow, "ALL: ALL\n"), gate.request).outcome;
  };
  CHECK(decide("ftpd: ALL: spawn false: aclexec false: user no_such_user_q: nice 40\n") ==
        Outcome::kAllowed);
  CHECK(decide("ftpd: ALL: umask 9\n") == Outcome::kDenied);
  CHECK(decide("ftpd: ALL: twist x\n") == Outcome::kTwisted);
  CHECK(gate.Logged() == Lines{"error: A, line 1: bad umask value: \"9\""});
}

TEST_CASE_METHOD(Gate, "a rule that might have granted and has an unusable file is told of") {
  const std::string allow = "ftpd: /friends\nsshd: /friends\nftpd: 10. /others\nftpd: 192.0.2.\n";
  CHECK(Allows(allow + "ftpd: /behind\n"));
  const Lines both{"warning: A, line 1: open /friends: no such file: the rule grants nothing",
                   "warning: A, line 3: open /others: no such file: the rule grants nothing"};
  CHECK(Logged() == both);
  CHECK_FALSE(Allows("ftpd: /friends\n"));
  CHECK(Logged().size() == 3);
  CHECK(Allows("ftpd: 192.0.2. /friends\n"));  // decided in front of the file
  CHECK(Allows("ftpd: 10. EXCEPT /friends\nftpd: ALL\n"));
  CHECK(Logged().size() == 3);
}

TEST_CASE_METHOD(Gate, "what was told of this version of the files is not told again") {
  ToldOnce told;
  const auto policy = Policy("ftpd: /friends\n", "");
  for (int client = 0; client < 3; ++client) {
    Gatekeeper({facts, options, log, settings, 99, may_twist, verbose, &told})
        .Decide(policy, request);
  }
  CHECK(Logged().size() == 1);
}

}  // namespace
}  // namespace postern::wrapper
