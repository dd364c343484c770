// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/log/program_log.h"

#include <sys/mount.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <regex>

#include "tests/daemon/log_fixture.h"

namespace postern::daemon {
namespace {

using testlib::LinesOf;

TEST_CASE_METHOD(LogFixture, "Each line has stamp, ident, process id and level") {
  program_log->Debug("one");
  program_log->Info("two");
  program_log->Notice("three");
  program_log->Warning("four");
  program_log->Error("five");
  program_log->Critical("six");
  const auto lines = LinesOf(program_file);
  const std::vector<std::string> expected = {"DEBUG: one",    "INFO: two",   "NOTICE: three",
                                             "WARNING: four", "ERROR: five", "CRITICAL: six"};
  REQUIRE(lines.size() == expected.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string pattern = R"(\d\d/\d{1,2}/\d{1,2}@\d\d:\d\d:\d\d posternd\[)" +
                                std::to_string(::getpid()) + R"(\]: )" + expected[i];
    CHECK(std::regex_match(lines[i], std::regex(pattern)));
  }
}

TEST_CASE_METHOD(LogFixture, "A forged line end makes no second line in the program log") {
  program_log->Error("bad word: x\n26/1/1@00:00:00 posternd[1]: INFO: all is well\r\x1b[2J");
  CHECK(LinesOf(program_file).size() == 1);
  CHECK(Said("x\\x0A26/1/1") == 1);
  CHECK(Said("\\x0D\\x1B[2J") == 1);
}

TEST_CASE("A program log that cannot be opened is an error") {
  const testlib::TempDir directory;
  const auto log = ProgramLog::Open({.file = directory / "missing/log"});
  REQUIRE_FALSE(log);
  CHECK(log.error().number == ENOENT);
  CHECK_FALSE(ProgramLog::Open({.file = directory.path()}));
}

TEST_CASE_METHOD(LogFixture, "After a rotation lines go to the new file") {
  program_log->Info("first");
  std::filesystem::rename(program_file, directory / "rotated");
  program_log->Reopen();
  program_log->Info("second");
  CHECK(Said("second") == 1);
  CHECK(Said("first") == 0);
  CHECK(LinesOf(directory / "rotated").size() == 1);
}

TEST_CASE("A rotation that fails is told in the old file, which stays in use") {
  const testlib::TempDir directory;
  std::filesystem::create_directory(directory / "logs");
  auto log = ProgramLog::Open({.file = directory / "logs/program"});
  REQUIRE(log);
  std::filesystem::rename(directory / "logs", directory / "moved");
  (*log)->Reopen();
  (*log)->Info("still here");
  const auto lines = LinesOf(directory / "moved/program");
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].find("WARNING: the log is not reopened: open ") != std::string::npos);
  CHECK(lines[1].ends_with("INFO: still here"));
}

TEST_CASE("A full disk costs lines of the program log, which tells how many") {
  const testlib::TempDir directory;
  const std::string disk = directory / "disk";
  std::filesystem::create_directory(disk);
  // Needs the right to mount, which CI has.
  REQUIRE(::mount("none", disk.c_str(), "tmpfs", 0, "size=16k") == 0);
  {
    auto log = ProgramLog::Open({.file = disk + "/program"});
    REQUIRE(log);
    for (int i = 0; i < 1000; ++i) (*log)->Info(std::string(100, 'm'));
    const auto taken = LinesOf(disk + "/program").size();
    CHECK(taken < 200);
    std::filesystem::resize_file(disk + "/program", 0);
    (*log)->Info("afterwards");
    auto lines = LinesOf(disk + "/program");
    REQUIRE(lines.size() >= 2);
    CHECK(lines.back().ends_with("INFO: afterwards"));
    CHECK(std::regex_search(lines[lines.size() - 2],
                            std::regex(R"(WARNING: \d+ lines of this log were lost$)")));
  }
  CHECK(::umount2(disk.c_str(), MNT_DETACH) == 0);
}

TEST_CASE("Syslog gets the message at facility and level, and a silent one does not block") {
  const testlib::TempDir directory;
  const std::string path = directory / "dev-log";
  FakeLogDaemon log_daemon(path);
  auto log = ProgramLog::Open({.syslog_facility = 3 << 3, .syslog_path = path});
  REQUIRE(log);
  (*log)->Error("x\ny");
  (*log)->Debug("z");
  auto messages = log_daemon.ReadAll();
  REQUIRE(messages.size() == 2);
  CHECK(messages[0].starts_with("<27>"));
  CHECK(messages[0].ends_with("]: x\\x0Ay"));
  CHECK(messages[1].starts_with("<31>"));
  for (int i = 0; i < 5000; ++i) (*log)->Info("flood");
  CHECK(log_daemon.ReadAll().size() < 5000);
  (*log)->Info("afterwards");
  messages = log_daemon.ReadAll();
  REQUIRE(messages.size() == 2);
  CHECK(messages[0].ends_with(" log messages were lost"));
}

TEST_CASE("Without any target messages go nowhere") {
  auto log = ProgramLog::Open({});
  REQUIRE(log);
  (*log)->Critical("unheard");
  (*log)->Reopen();
}

struct UtcOnly {
  UtcOnly() {
    ::setenv("TZ", "UTC0", 1);
    ::tzset();
  }
  ~UtcOnly() {
    ::unsetenv("TZ");
    ::tzset();
  }
};

TEST_CASE_METHOD(UtcOnly, "Stamps have the form of their formats") {
  XinetdStamp xinetd;
  SyslogStamp syslog;
  CHECK(xinetd.At(1'793'423'360) == "26/10/31@05:09:20");
  CHECK(xinetd.At(1'793'423'361) == "26/10/31@05:09:21");
  CHECK(xinetd.At(1'767'225'600) == "26/1/1@00:00:00");  // month and day without a leading zero
  CHECK(xinetd.At(946'684'800) == "00/1/1@00:00:00");
  CHECK(syslog.At(1'793'423'360) == "Oct 31 05:09:20");
  CHECK(syslog.At(1'767'225'600) == "Jan  1 00:00:00");
}

TEST_CASE("Stamps are in local time") {
  ::setenv("TZ", "IST-5:30", 1);
  ::tzset();
  XinetdStamp stamp;
  CHECK(stamp.At(1'767'225'600) == "26/1/1@05:30:00");
  ::unsetenv("TZ");
  ::tzset();
}

}  // namespace
}  // namespace postern::daemon
