// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/kill_reports.h"

#include <catch2/catch.hpp>
#include <chrono>

#include "sandbox/filter/call_numbers.h"
#include "tests/daemon/log_fixture.h"

namespace postern::daemon {
namespace {

using sandbox::filter::kHighestCall;
using sandbox::filter::NameOf;
using sandbox::filter::NumberOf;
using std::chrono::seconds;

struct Fixture : LogFixture {
  KillReports reports{*program_log};
  policy::Instant now{};

  void Tell(const std::string& service, std::string_view call,
            const policy::SyscallEdit& syscalls = {}) {
    reports.Tell(service, syscalls, NumberOf(call).value(), now);
  }
};

TEST_CASE_METHOD(Fixture, "The line names the service, the call and the line to add") {
  Tell("finger", "timerfd_create");
  CHECK(Said("WARNING: finger: a process was killed for the system call timerfd_create, which is "
             "not listed; to allow it, add to the service: syscalls += timerfd_create (or its "
             "group, @timer-fd)") == 1);
}

TEST_CASE_METHOD(Fixture, "A call that lines take away is not helped by another line") {
  Tell("finger", "unlink", {.added = {"@io"}, .removed = {"@fs-write", "pipe", "unlink"}});
  CHECK(Said("unlink, which is not listed; to allow it, leave out of \"syscalls -=\": @fs-write "
             "unlink") == 1);
  CHECK(Said("+=") == 0);
}

TEST_CASE_METHOD(Fixture, "A call without a name is told of all the same") {
  std::uint32_t nameless = kHighestCall;
  while (!NameOf(nameless).empty()) --nameless;
  reports.Tell("finger", {}, nameless, now);
  CHECK(Said("for the system call " + std::to_string(nameless) + ", which has no name") == 1);
}

TEST_CASE_METHOD(Fixture, "A call of a service is told of once in a minute") {
  for (int times = 0; times < 1000; ++times) Tell("finger", "mlock");
  CHECK(Said("mlock") == 1);
  Tell("finger", "shmget");
  Tell("daytime", "mlock");
  CHECK(Said("killed") == 3);
  now += seconds(59);
  Tell("finger", "mlock");
  CHECK(Said("killed") == 3);
  now += seconds(1);
  for (int times = 0; times < 10; ++times) Tell("finger", "mlock");
  CHECK(Said("finger: a process was killed for the system call mlock") == 2);
}

}  // namespace
}  // namespace postern::daemon
