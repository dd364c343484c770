// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/system_log.h"

#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>

#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"
#include "tests/testlib/child.h"

namespace postern::sandbox::sys {
namespace {

TEST_CASE("A line is logged as it is, under the name that the program gave itself") {
  const auto pipe = MakePipe(true);
  const int status = testlib::StatusOfChild([&pipe] {
    // LOG_PERROR: a copy goes to standard error, whether or not somebody listens at /dev/log.
    if (::dup2(pipe->write_end.get(), 2) < 0) return 1;
    ::openlog("portrait", LOG_PERROR, LOG_DAEMON);
    WriteSystemLog(LOG_INFO, "100%s of %n");
    return 0;
  });
  CHECK(status == 0);
  char text[128];
  const auto length = ::read(pipe->read_end.get(), text, sizeof text);
  REQUIRE(length > 0);
  CHECK(std::string(text, static_cast<std::size_t>(length)) == "portrait: 100%s of %n\n");
}

TEST_CASE("A program of our own logs under the name it gives") {
  const auto pipe = MakePipe(true);
  const int status = testlib::StatusOfChild([&pipe] {
    if (::dup2(pipe->write_end.get(), 2) < 0) return 1;
    ::openlog("before", LOG_PERROR, LOG_USER);
    OpenSystemLog(std::string("in.") + "portrait");
    WriteSystemLog(LOG_INFO, "hello");
    return 0;
  });
  CHECK(status == 0);
  char text[128];
  // LOG_PERROR went with the second opening: nothing is copied any more.
  CHECK(::read(pipe->read_end.get(), text, sizeof text) < 0);
}

}  // namespace
}  // namespace postern::sandbox::sys
