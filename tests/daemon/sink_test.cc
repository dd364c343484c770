// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/log/sink.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <regex>

#include "tests/daemon/log_fixture.h"

namespace postern::daemon {
namespace {

using policy::LogKind;
using policy::LogOnFailure;
using policy::LogTarget;
using testlib::ContentOf;
using testlib::LinesOf;

constexpr LogOnFailure kAttempt{.attempt = true};

struct SinkFixture : LogFixture {
  std::string file = directory / "service";
  std::string socket_path = directory / "dev-log";
  SyslogSocket syslog{"posternd", socket_path};
  ServiceLog::Dirty dirty;

  LogTarget File(std::optional<std::uint64_t> soft = {}, std::optional<std::uint64_t> hard = {}) {
    return FileTarget(file, soft, hard);
  }
  std::unique_ptr<ServiceLog> Make(const LogTarget& target, std::string title = "common log") {
    return std::make_unique<ServiceLog>(target, std::move(title), *program_log, syslog, dirty);
  }
};

void Refuse(ServiceLog& log, std::string_view reason = "service_limit") {
  log.Write(FailRecord{"a1", reason, std::nullopt}, kAttempt);
}

TEST_CASE_METHOD(SinkFixture, "A file record has xinetd's stamp and appears at the flush") {
  const auto log = Make(File());
  Refuse(*log);
  CHECK(ContentOf(file).empty());
  REQUIRE(dirty == ServiceLog::Dirty{log.get()});
  log->Flush();
  const auto lines = LinesOf(file);
  REQUIRE(lines.size() == 1);
  CHECK(std::regex_match(
      lines[0], std::regex(R"(\d\d/\d{1,2}/\d{1,2}@\d\d:\d\d:\d\d: FAIL: a1 service_limit)")));
  CHECK(Said("") == 0);
}

TEST_CASE_METHOD(SinkFixture, "A log file is made with mode 0644 and appended to") {
  testlib::WriteFile(directory / "old", "kept\n");
  const mode_t before = ::umask(0);
  const auto log = Make(File());
  ::umask(before);
  struct stat status{};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0644);

  file = directory / "old";
  const auto appending = Make(File());
  Refuse(*appending);
  appending->Flush();
  CHECK(LinesOf(file).size() == 2);
  CHECK(LinesOf(file)[0] == "kept");
}

TEST_CASE_METHOD(SinkFixture, "What the flags do not ask for leaves the log clean") {
  const auto log = Make(File());
  log->Write(FailRecord{"a1", "load", {}}, LogOnFailure{});
  CHECK(dirty.empty());
}

TEST_CASE_METHOD(SinkFixture, "No log_type means no log") {
  const auto log = Make(LogTarget{});
  Refuse(*log);
  log->Flush();
  CHECK(dirty.empty());
  CHECK(log->lost() == 0);
}

TEST_CASE_METHOD(SinkFixture, "A forged line end makes no second line in the file") {
  const auto log = Make(File());
  Refuse(*log, "x\n26/1/1@00:00:00: START: root");
  log->Write(FailRecord{"id\nforged", "x\r\n", {}}, kAttempt);
  log->Flush();
  CHECK(LinesOf(file).size() == 2);
}

TEST_CASE_METHOD(SinkFixture, "The buffer is bounded within a turn") {
  const auto log = Make(File());
  const std::string reason(1000, 'r');
  for (int i = 0; i < 1000; ++i) Refuse(*log, reason);
  CHECK(std::filesystem::file_size(file) > 900 * 1000);
  CHECK(dirty.size() == 1);
  log->Flush();
  CHECK(LinesOf(file).size() == 1000);
}

TEST_CASE_METHOD(SinkFixture, "Closing a log writes what it holds") {
  auto log = Make(File());
  Refuse(*log);
  log.reset();
  CHECK(LinesOf(file).size() == 1);
  CHECK(dirty.empty());
}

// Counts, for records of one length, what the limits allow by arithmetic alone.
TEST_CASE_METHOD(SinkFixture, "Size limits hold to the byte") {
  for (const std::uint64_t hard : {0U, 30U, 150U, 300U, 1000U, 4096U}) {
    CAPTURE(hard);
    std::filesystem::remove(file);
    const auto log = Make(File(hard / 2, hard));
    std::uint64_t fits = 0;
    for (int i = 0; i < 200; ++i) Refuse(*log);
    log->Flush();
    const std::uint64_t size = std::filesystem::file_size(file);
    CHECK(size <= hard);
    const auto lines = LinesOf(file);
    if (!lines.empty()) {
      const std::uint64_t length = lines[0].size() + 1;
      fits = hard / length;
      CHECK(size + length > hard);
    }
    CHECK(lines.size() == fits);
    CHECK(log->lost() == 200 - fits);
  }
}

TEST_CASE_METHOD(SinkFixture, "Each limit is told once") {
  const auto log = Make(File(150, 300));
  Refuse(*log);
  log->Flush();
  CHECK(Said("exceeded") == 0);
  for (int i = 0; i < 50; ++i) {
    Refuse(*log);
    log->Flush();
  }
  CHECK(Said("WARNING: Size of common log exceeded soft limit") == 1);
  CHECK(Said("ERROR: Size of common log exceeded hard limit") == 1);
  CHECK(Said("") == 2);
}

TEST_CASE_METHOD(SinkFixture, "A service's own log is called by the service's id") {
  const auto log = Make(File(10, 20), "ftp log");
  Refuse(*log);
  CHECK(Said("Size of ftp log exceeded hard limit") == 1);
}

TEST_CASE_METHOD(SinkFixture, "What the file holds already counts against the limit") {
  testlib::WriteFile(file, std::string(299, 'x') + "\n");
  const auto log = Make(File(150, 300));
  Refuse(*log);
  CHECK(log->lost() == 1);
  CHECK(Said("exceeded hard limit") == 1);
}

TEST_CASE_METHOD(SinkFixture, "After a rotation a full log works again and tells what it lost") {
  const auto log = Make(File(150, 300));
  for (int i = 0; i < 100; ++i) Refuse(*log);
  log->Flush();
  const std::uint64_t lost = log->lost();
  REQUIRE(lost > 80);
  std::filesystem::rename(file, directory / "rotated");
  Refuse(*log);
  CHECK(log->lost() == lost + 1);  // only Reopen() ends it
  log->Reopen();
  Refuse(*log);
  log->Flush();
  CHECK(LinesOf(file).size() == 1);
  CHECK(Said(std::to_string(lost + 1) + " records of common log were lost") == 1);
  CHECK(log->lost() == 0);
}

TEST_CASE_METHOD(SinkFixture, "A reopened log that is still full says so and loses on") {
  const auto log = Make(File(150, 300));
  for (int i = 0; i < 20; ++i) Refuse(*log);
  log->Flush();
  const std::uint64_t lost = log->lost();
  log->Reopen();
  Refuse(*log);
  log->Flush();
  CHECK(log->lost() == lost + 1);
  CHECK(Said("exceeded hard limit") == 2);
  CHECK(Said("were lost") == 0);
}

TEST_CASE_METHOD(SinkFixture, "A file truncated in place has room again") {
  const auto log = Make(File(100, 200));
  Refuse(*log);
  Refuse(*log);
  log->Flush();
  std::filesystem::resize_file(file, 0);
  for (int i = 0; i < 3; ++i) Refuse(*log);
  log->Flush();
  CHECK(LinesOf(file).size() == 3);
  CHECK(log->lost() == 0);
}

TEST_CASE_METHOD(SinkFixture, "A rotation takes new records to the new file") {
  const auto log = Make(File());
  Refuse(*log, "first");
  std::filesystem::rename(file, directory / "rotated");
  log->Reopen();
  Refuse(*log, "second");
  log->Flush();
  CHECK(ContentOf(directory / "rotated").find("first") != std::string::npos);
  CHECK(ContentOf(file).find("second") != std::string::npos);
  CHECK(LinesOf(file).size() == 1);
}

TEST_CASE_METHOD(SinkFixture, "A file that cannot be opened is a warning, and tried again") {
  file = directory / "missing/service";
  const auto log = Make(File());
  CHECK(Said("WARNING: common log is not opened: open " + file) == 1);
  Refuse(*log);
  log->Flush();
  CHECK(log->lost() == 1);
  std::filesystem::create_directory(directory / "missing");
  log->Reopen();
  Refuse(*log);
  log->Flush();
  CHECK(LinesOf(file).size() == 1);
  CHECK(Said("1 records of common log were lost") == 1);
}

TEST_CASE_METHOD(SinkFixture, "A rotation that fails leaves the old file in use") {
  std::filesystem::create_directory(directory / "logs");
  file = directory / "logs/service";
  const auto log = Make(File());
  std::filesystem::rename(directory / "logs", directory / "moved");
  log->Reopen();
  Refuse(*log);
  log->Flush();
  CHECK(LinesOf(directory / "moved/service").size() == 1);
  CHECK(log->lost() == 0);
}

// Runs `body` in a child, because what it sets up concerns the whole process; true when it returns
// true.
template <typename Body>
bool InChild(Body body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body() ? 0 : 1);
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_CASE_METHOD(SinkFixture, "A write that fails is told once, and no record continues another") {
  constexpr rlim_t kAllowed = 1000;
  const bool as_expected = InChild([&] {
    const auto log = Make(File());
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{kAllowed, RLIM_INFINITY};
    const rlimit large{RLIM_INFINITY, RLIM_INFINITY};
    if (::setrlimit(RLIMIT_FSIZE, &small) != 0) return false;
    for (int i = 0; i < 100; ++i) {
      Refuse(*log);
      if (i % 7 == 0) log->Flush();
    }
    log->Flush();
    if (::setrlimit(RLIMIT_FSIZE, &large) != 0) return false;
    const std::uint64_t lost = log->lost();
    Refuse(*log, "afterwards");
    log->Flush();
    return lost > 50 && lost < 100 && log->lost() == 0 &&
           Said("records of common log were lost") == 1 &&
           Said(std::to_string(lost) + " records") == 1;
  });
  CHECK(as_expected);
  CHECK(Said("Error in common log: write") == 1);
  const auto lines = LinesOf(file);
  REQUIRE(lines.size() > 3);
  CHECK(lines.back().ends_with("FAIL: a1 afterwards"));
  CHECK(lines.back().find('@') == lines.back().rfind('@'));
  // The torn record is there, and it is the only one.
  CHECK(std::count_if(lines.begin(), lines.end(), [](const std::string& line) {
          return line.find("FAIL: a1 ") == std::string::npos ||
                 (!line.ends_with("service_limit") && !line.ends_with("afterwards"));
        }) <= 1);
}

TEST_CASE_METHOD(SinkFixture, "A full disk costs records and nothing else") {
  const std::string disk = directory / "disk";
  std::filesystem::create_directory(disk);
  // Needs the right to mount, which CI has.
  REQUIRE(::mount("none", disk.c_str(), "tmpfs", 0, "size=16k") == 0);
  file = disk + "/service";
  {
    const auto log = Make(File());
    const std::string reason(100, 'r');
    for (int i = 0; i < 1000; ++i) {
      Refuse(*log, reason);
      log->Flush();
    }
    CHECK(Said("No space left on device") == 1);
    const std::uint64_t lost = log->lost();
    CHECK(lost > 800);
    std::filesystem::resize_file(file, 0);
    Refuse(*log, "afterwards");
    log->Flush();
    CHECK(LinesOf(file).back().ends_with("afterwards"));
    CHECK(Said(std::to_string(lost) + " records of common log were lost") == 1);
  }
  CHECK(::umount2(disk.c_str(), MNT_DETACH) == 0);
}

TEST_CASE_METHOD(SinkFixture, "A FIFO that nobody empties costs records and does not block") {
  REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  const int reader = ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(reader >= 0);
  {
    const auto log = Make(File());
    const std::string reason(1000, 'r');
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 1000; ++i) Refuse(*log, reason);
    log->Flush();
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
    CHECK(log->lost() > 800);
    CHECK(Said("Error in common log") == 1);
  }
  ::close(reader);
}

TEST_CASE_METHOD(SinkFixture, "A hundred thousand refusals a second fit through a file") {
  const auto log = Make(File());
  const auto from = policy::IpAddress::Parse("198.51.100.200");
  const auto start = std::chrono::steady_clock::now();
  constexpr int kRecords = 200'000;
  for (int i = 0; i < kRecords; ++i) {
    log->Write(FailRecord{"service", "per_source_limit", from}, LogOnFailure{.host = true});
    if (i % 100 == 0) log->Flush();
  }
  log->Flush();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  WARN(static_cast<long>(kRecords / took.count()) << " records a second");
  CHECK(took.count() < 4.0);  // sanitizers and a busy machine take their share
  CHECK(LinesOf(file).size() == kRecords);
}

LogTarget Syslog() {
  LogTarget target;
  target.kind = LogKind::kSyslog;
  target.syslog_facility = 3 << 3;
  target.syslog_level = 6;
  return target;
}

TEST_CASE_METHOD(SinkFixture, "A syslog record is one RFC 3164 message") {
  FakeLogDaemon log_daemon(socket_path);
  const auto log = Make(Syslog());
  Refuse(*log, "x\ny");
  const auto messages = log_daemon.ReadAll();
  REQUIRE(messages.size() == 1);
  const std::string pattern = R"(<30>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d posternd\[)" +
                              std::to_string(::getpid()) + R"(\]: FAIL: a1 x\\x0Ay)";
  CHECK(std::regex_match(messages[0], std::regex(pattern)));
  CHECK(dirty.empty());
}

TEST_CASE_METHOD(SinkFixture, "Without a log daemon records are lost and counted") {
  const auto log = Make(Syslog());
  for (int i = 0; i < 5; ++i) Refuse(*log);
  CHECK(syslog.lost() == 5);
}

TEST_CASE_METHOD(SinkFixture,
                 "A log daemon that never reads does not block, and learns the count") {
  FakeLogDaemon log_daemon(socket_path);
  const auto log = Make(Syslog());
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 10'000; ++i) Refuse(*log);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
  const std::uint64_t lost = syslog.lost();
  const auto taken = log_daemon.ReadAll();
  CHECK(lost + taken.size() == 10'000);
  CHECK(lost > 0);
  Refuse(*log, "afterwards");
  const auto messages = log_daemon.ReadAll();
  REQUIRE(messages.size() == 2);
  CHECK(messages[0].starts_with("<28>"));
  CHECK(messages[0].ends_with(": " + std::to_string(lost) + " log messages were lost"));
  CHECK(messages[1].ends_with(": FAIL: a1 afterwards"));
  CHECK(syslog.lost() == 0);
}

TEST_CASE_METHOD(SinkFixture, "A log daemon that was restarted is found again at once") {
  auto log_daemon = std::make_unique<FakeLogDaemon>(socket_path);
  SyslogSocket fresh("posternd", socket_path);
  fresh.Send(30, "first");
  // The second attempt to connect waits for another second of the clock.
  const std::time_t connected = std::time(nullptr);
  while (std::time(nullptr) == connected) ::usleep(10'000);
  log_daemon = std::make_unique<FakeLogDaemon>(socket_path);
  fresh.Send(30, "second");
  const auto messages = log_daemon->ReadAll();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].ends_with(": second"));
}

TEST_CASE_METHOD(SinkFixture, "A text too long for a datagram is cut") {
  FakeLogDaemon log_daemon(socket_path);
  syslog.Send(30, std::string(100'000, 't'));
  const auto messages = log_daemon.ReadAll();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].size() < SyslogSocket::kMaxText + 100);
}

}  // namespace
}  // namespace postern::daemon
