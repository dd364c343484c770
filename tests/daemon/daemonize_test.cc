// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/daemonize.h"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"
#include "tests/testlib/child.h"
#include "tests/testlib/temp_dir.h"

namespace postern::daemon {
namespace {

namespace sys = sandbox::sys;

TEST_CASE("The starter exits 0 once the daemon is ready, which has a session of its own") {
  const testlib::TempDir directory;
  const std::string file = directory / "told";
  CHECK(testlib::StatusOfChild([&] {
          auto report = Daemonize();
          if (!report) return 2;
          const bool leader = ::getsid(0) == ::getpid();
          testlib::WriteFile(file, leader ? "leader" : "member");
          report->Ready();
          const bool null = sys::RealPath("/proc/self/fd/0").value() == "/dev/null" &&
                            sys::RealPath("/proc/self/fd/2").value() == "/dev/null";
          return null ? 0 : 3;
        }) == 0);
  CHECK(testlib::ContentOf(file) == "leader");
}

TEST_CASE("The starter exits 1 when the daemon gives up or dies before it is ready") {
  CHECK(testlib::StatusOfChild([] {
          {
            const auto report = Daemonize();
          }
          return 0;
        }) == 1);
  CHECK(testlib::StatusOfChild([] {
          const auto report = Daemonize();
          ::abort();
          return 0;
        }) == 1);
}

TEST_CASE("In the foreground there is nobody to tell, and the terminal stays") {
  CHECK(testlib::StatusOfChild([] {
          const auto before = sys::RealPath("/proc/self/fd/2");
          StartReport report;
          report.Ready();
          const auto after = sys::RealPath("/proc/self/fd/2");
          return before.has_value() == after.has_value() && (!before || *before == *after) ? 0 : 1;
        }) == 0);
}

}  // namespace
}  // namespace postern::daemon
