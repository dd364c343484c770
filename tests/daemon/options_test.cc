// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/options.h"

#include <catch2/catch.hpp>

namespace postern::daemon {
namespace {

using Path = std::optional<std::string>;
using Words = std::vector<const char*>;

Options Good(const Words& words) {
  const auto options = ParseOptions(words);
  INFO((options ? std::string() : options.error()));
  REQUIRE(options);
  return *options;
}

std::string Bad(const Words& words) {
  const auto options = ParseOptions(words);
  REQUIRE_FALSE(options);
  return options.error();
}

TEST_CASE("Without words the defaults are xinetd's") {
  const Options options = Good({});
  CHECK(options.action == Options::Action::kRun);
  CHECK(FilesToLoad(options.files).xinetd_path == Path("/etc/xinetd.conf"));
  CHECK_FALSE(FilesToLoad(options.files).inetd_path);
  CHECK_FALSE(options.foreground);
  CHECK_FALSE(options.stay_alive);
  CHECK(options.syslog_facility == 24);
  CHECK(options.log_file.empty());
  CHECK(options.pid_file.empty());
  CHECK_FALSE(options.limit);
  CHECK_FALSE(options.consistency_check);
}

TEST_CASE("Every spelling of an option means the same") {
  for (const Words& words : {Words{"-f", "x"}, Words{"--config", "x"}, Words{"--config=x"}}) {
    CHECK(FilesToLoad(Good(words).files).xinetd_path == Path("x"));
  }
  for (const Words& words :
       {Words{"-filelog", "x"}, Words{"--file-log", "x"}, Words{"--file-log=x"}}) {
    CHECK(Good(words).log_file == "x");
    CHECK_FALSE(Good(words).syslog_facility);
  }
  for (const Words& words :
       {Words{"-syslog", "local0"}, Words{"--syslog", "local0"}, Words{"--syslog=local0"}}) {
    CHECK(Good(words).syslog_facility == 128);
  }
  for (const Words& words :
       {Words{"-pidfile", "x"}, Words{"--pid-file", "x"}, Words{"--pid-file=x"}}) {
    CHECK(Good(words).pid_file == "x");
  }
  for (const Words& words : {Words{"-limit", "7"}, Words{"--limit", "7"}, Words{"--limit=7"}}) {
    CHECK(Good(words).limit == 7U);
  }
  for (const Words& words : {Words{"-cc", "60"}, Words{"--consistency-check=60"}}) {
    CHECK(Good(words).consistency_check == std::chrono::seconds(60));
  }
  for (const char* word : {"-inetd_compat", "--inetd-compat"}) {
    CHECK(FilesToLoad(Good({word}).files).inetd_path == Path("/etc/inetd.conf"));
  }
  for (const char* word : {"-stayalive", "--stay-alive"}) {
    CHECK(Good({word}).stay_alive);
    CHECK_FALSE(Good({word}).foreground);
  }
  for (const char* word : {"-t", "--check"}) {
    CHECK(Good({word}).action == Options::Action::kCheck);
  }
  for (const char* word : {"-version", "--version"}) {
    CHECK(Good({word}).action == Options::Action::kVersion);
  }
  for (const char* word : {"-h", "--help"}) {
    CHECK(Good({word}).action == Options::Action::kHelp);
  }
}

TEST_CASE("Options imply what xinetd's imply") {
  for (const char* word : {"-dontfork", "--foreground"}) {
    CHECK(Good({word}).foreground);
    CHECK(Good({word}).stay_alive);
    CHECK_FALSE(Good({word}).debug);
  }
  for (const char* word : {"-d", "--debug"}) {
    CHECK(Good({word}).debug);
    CHECK(Good({word}).foreground);
    CHECK_FALSE(Good({word}).stay_alive);
  }
  const Options inetd = Good({"--inetd", "other.conf"});
  CHECK_FALSE(FilesToLoad(inetd.files).xinetd_path);
  CHECK(FilesToLoad(inetd.files).inetd_path == Path("other.conf"));
}

TEST_CASE("Zero means no limit and no check") {
  CHECK_FALSE(Good({"-limit", "0"}).limit);
  CHECK_FALSE(Good({"-cc", "0"}).consistency_check);
}

TEST_CASE("What has no effect is accepted, and said unless xinetd is silent too") {
  CHECK(Good({"-logprocs", "5"}).notices == std::vector<std::string>{"-logprocs has no effect"});
  CHECK(Good({"-shutdownprocs", "5"}).notices.size() == 1);
  CHECK(Good({"-reuse"}).notices.empty());
  CHECK(Bad({"-logprocs", "many"}) == "-logprocs is not a number: many");
  CHECK(Bad({"-shutdownprocs"}) == "-shutdownprocs needs a value: N");
}

// Case 96, where xinetd ignores what it does not know.
TEST_CASE("Unknown options and extra words are errors") {
  CHECK(Bad({"-bogus"}) == "unknown option: -bogus");
  CHECK(Bad({"--bogus=1"}) == "unknown option: --bogus");
  CHECK(Bad({"-config", "x"}) == "unknown option: -config");
  CHECK(Bad({"--logprocs", "5"}) == "unknown option: --logprocs");
  CHECK(Bad({"--"}) == "unknown option: --");
  CHECK(Bad({"-stayalive", "extra"}) == "unexpected word: extra");
  CHECK(Bad({""}) == "unexpected word: ");
  CHECK(Bad({"-"}) == "unexpected word: -");
  CHECK(Bad({"-limit=5"}) == "unknown option: -limit=5");
}

TEST_CASE("The words of Debian's init script are explained") {
  const std::string why =
      Bad({"-pidfile", "/run/xinetd.pid", "-stayalive", "-inetd_compat", "-inetd_ipv6"});
  CHECK(why.starts_with("-inetd_ipv6 is not an option"));
  CHECK(why.find("remove") != std::string::npos);
  const Options without = Good({"-pidfile", "/run/xinetd.pid", "-stayalive", "-inetd_compat"});
  CHECK(without.pid_file == "/run/xinetd.pid");
  CHECK(without.stay_alive);
  CHECK(FilesToLoad(without.files).inetd_path);
}

TEST_CASE("A missing value is an error, and no option is taken for one") {
  CHECK(Bad({"-f"}) == "-f needs a value: FILE");
  CHECK(Bad({"-f", "-d"}) == "-f needs a value: FILE");
  CHECK(Bad({"-f", ""}) == "-f needs a value: FILE");
  CHECK(Bad({"--config="}) == "--config needs a value: FILE");
  CHECK(Bad({"--limit"}) == "--limit needs a value: N");
  CHECK(Bad({"-syslog"}) == "-syslog needs a value: FACILITY");
  CHECK(Bad({"--foreground=yes"}) == "--foreground takes no value");
}

TEST_CASE("An unreadable value is an error") {
  for (const char* word : {"abc", "5x", "+5", "5 ", "0x10", "4294967296", "99999999999999999999"}) {
    CHECK(Bad({"-limit", word}) == "-limit is not a number: " + std::string(word));
    CHECK(Bad({"-cc", word}) == "-cc is not a number: " + std::string(word));
  }
  CHECK(Bad({"--limit=-1"}) == "-limit is not a number: -1");
  CHECK(Bad({"-syslog", "bogus"}) == "unknown syslog facility: bogus");
}

TEST_CASE("Learning is of one service, in the foreground, and bounded where that is asked for") {
  const auto learn = [](std::vector<const char*> words) { return ParseOptions(words).value(); };
  CHECK_FALSE(learn({"-d"}).learn);
  const Options plain = learn({"--learn", "smtp"});
  CHECK(plain.learn->service == "smtp");
  CHECK(plain.foreground);
  CHECK_FALSE(plain.learn->connections);
  const Options bounded =
      learn({"--learn-connections=3", "--learn", "smtp", "--learn-seconds", "60"});
  CHECK(bounded.learn->connections == 3);
  CHECK(bounded.learn->time == std::chrono::seconds(60));
  CHECK(Bad({"--learn-seconds", "60"}) == "--learn-connections and --learn-seconds need --learn");
  CHECK(Bad({"--learn", "x", "--learn-connections", "0"}) == "--learn-connections must not be 0");
  CHECK(Bad({"--learn", "x", "--learn-seconds", "y"}) == "--learn-seconds is not a number: y");
}

TEST_CASE("A log file and syslog exclude each other in any order") {
  const std::string why = "-filelog and -syslog exclude each other";
  CHECK(Bad({"-filelog", "x", "-syslog", "daemon"}) == why);
  CHECK(Bad({"--syslog=daemon", "--file-log=x"}) == why);
}

TEST_CASE("The usage text names every option") {
  const std::string usage = UsageText();
  for (const char* word : {"-d, --debug",
                           "-f, --config FILE",
                           "-filelog, --file-log FILE",
                           "-syslog, --syslog FACILITY",
                           "-pidfile, --pid-file FILE",
                           "-dontfork, --foreground",
                           "-stayalive, --stay-alive",
                           "-limit, --limit N",
                           "-logprocs N",
                           "-shutdownprocs N",
                           "-cc, --consistency-check SECONDS",
                           "-reuse",
                           "-inetd_compat, --inetd-compat",
                           "--inetd FILE",
                           "--judge-tls",
                           "--learn SERVICE",
                           "--learn-connections N",
                           "--learn-seconds SECONDS",
                           "-version, --version",
                           "-t, --check",
                           "-h, --help"}) {
    CHECK(usage.find(std::string("  ") + word + " ") != std::string::npos);
  }
}

TEST_CASE("The version is the project's") { CHECK(VersionText() == "posternd " EXPECTED_VERSION); }

}  // namespace
}  // namespace postern::daemon
