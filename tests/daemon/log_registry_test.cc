// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/log/log_registry.h"

#include <catch2/catch.hpp>

#include "tests/daemon/log_fixture.h"

namespace postern::daemon {
namespace {

using policy::LogKind;
using policy::LogOnFailure;
using policy::LogTarget;
using policy::ServiceSpec;
using testlib::LinesOf;

ServiceSpec Service(const std::string& id, const LogTarget& log) {
  ServiceSpec service;
  service.id = id;
  service.log = log;
  return service;
}

void Refuse(ServiceLog& log, std::string_view id) {
  log.Write(FailRecord{id, "load", std::nullopt}, LogOnFailure{.attempt = true});
}

struct RegistryFixture : LogFixture {
  std::string common_file = directory / "common";
  LogTarget common = FileTarget(common_file);
  LogRegistry registry{*program_log, "posternd", directory / "dev-log"};
};

TEST_CASE_METHOD(RegistryFixture, "Services of one log_type share one log") {
  const auto a = registry.Acquire(Service("a", common), common);
  const auto b = registry.Acquire(Service("b", common), common);
  CHECK(a == b);
  CHECK(registry.open_logs() == 1);
  Refuse(*a, "a");
  Refuse(*b, "b");
  registry.Flush();
  CHECK(LinesOf(common_file).size() == 2);
}

// Case 109.
TEST_CASE_METHOD(RegistryFixture,
                 "A log_type of its own replaces the common log for that service") {
  const auto a = registry.Acquire(Service("a", common), common);
  const auto own = registry.Acquire(Service("own", FileTarget(directory / "own")), common);
  const auto none = registry.Acquire(Service("none", LogTarget{}), common);
  CHECK(registry.open_logs() == 3);
  Refuse(*a, "a");
  Refuse(*own, "own");
  Refuse(*none, "none");
  registry.Flush();
  REQUIRE(LinesOf(common_file).size() == 1);
  CHECK(LinesOf(common_file)[0].ends_with("FAIL: a load"));
  REQUIRE(LinesOf(directory / "own").size() == 1);
  CHECK(LinesOf(directory / "own")[0].ends_with("FAIL: own load"));
}

TEST_CASE_METHOD(RegistryFixture, "Messages tell the common log from a service's own") {
  const LogTarget tiny = FileTarget(common_file, 10, 20);
  Refuse(*registry.Acquire(Service("a", tiny), tiny), "a");
  Refuse(*registry.Acquire(Service("ftp", FileTarget(directory / "own", 10, 20)), tiny), "ftp");
  CHECK(Said("Size of common log exceeded hard limit") == 1);
  CHECK(Said("Size of ftp log exceeded hard limit") == 1);
}

TEST_CASE_METHOD(RegistryFixture, "Only logs that were written to are flushed, again and again") {
  const auto a = registry.Acquire(Service("a", common), common);
  const auto b = registry.Acquire(Service("b", FileTarget(directory / "b")), common);
  for (std::size_t turn = 1; turn <= 3; ++turn) {
    Refuse(*a, "a");
    CHECK(registry.unflushed_logs() == 1);
    registry.Flush();
    CHECK(registry.unflushed_logs() == 0);
    registry.Flush();
    CHECK(LinesOf(common_file).size() == turn);
  }
  CHECK(LinesOf(directory / "b").empty());
}

TEST_CASE_METHOD(RegistryFixture,
                 "A log outlives a reload while somebody holds it, and no longer") {
  auto before = registry.Acquire(Service("a", common), common);
  const auto after = registry.Acquire(Service("a", common), common);
  CHECK(before == after);
  auto dropped = registry.Acquire(Service("b", FileTarget(directory / "b")), common);
  Refuse(*dropped, "b");
  dropped.reset();
  CHECK(registry.open_logs() == 1);
  CHECK(LinesOf(directory / "b").size() == 1);  // flushed as it was closed
  registry.Flush();
  CHECK(LinesOf(directory / "b").size() == 1);
  const auto again = registry.Acquire(Service("b", FileTarget(directory / "b")), common);
  CHECK(registry.open_logs() == 2);
}

// Case 110.
TEST_CASE_METHOD(RegistryFixture, "A rotation reopens every log") {
  const auto a = registry.Acquire(Service("a", common), common);
  const auto b = registry.Acquire(Service("b", FileTarget(directory / "b")), common);
  Refuse(*a, "old");
  std::filesystem::rename(common_file, directory / "common.1");
  std::filesystem::rename(directory / "b", directory / "b.1");
  registry.Reopen();
  Refuse(*a, "new");
  Refuse(*b, "new");
  registry.Flush();
  CHECK(LinesOf(directory / "common.1").size() == 1);
  CHECK(LinesOf(common_file).size() == 1);
  CHECK(LinesOf(directory / "b").size() == 1);
}

// Case 99: xinetd does not start such a service.
TEST_CASE_METHOD(RegistryFixture, "A log that cannot be opened is a warning and a later success") {
  const std::string path = directory / "missing/log";
  const auto log = registry.Acquire(Service("a", FileTarget(path)), common);
  REQUIRE(log);
  CHECK(Said("WARNING: a log is not opened") == 1);
  Refuse(*log, "a");
  registry.Flush();
  std::filesystem::create_directory(directory / "missing");
  registry.Reopen();
  Refuse(*log, "a");
  registry.Flush();
  CHECK(LinesOf(path).size() == 1);
}

TEST_CASE_METHOD(RegistryFixture, "Syslog targets are sent to the system log") {
  FakeLogDaemon log_daemon(directory / "dev-log");
  LogTarget target;
  target.kind = LogKind::kSyslog;
  target.syslog_facility = 16 << 3;
  target.syslog_level = 5;
  Refuse(*registry.Acquire(Service("a", target), common), "a");
  const auto messages = log_daemon.ReadAll();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].starts_with("<133>"));
  CHECK(messages[0].ends_with("FAIL: a load"));
}

}  // namespace
}  // namespace postern::daemon
