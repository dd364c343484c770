// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/tcpd/wrapped_program.h"

#include <catch2/catch.hpp>

namespace postern::wrapper {
namespace {

TEST_CASE("A full path is the program, its last component the daemon's name") {
  const auto program = ProgramBehind("/x/y/svc", "/usr/sbin");
  CHECK(program.path == "/x/y/svc");
  CHECK(program.name == "svc");
}

TEST_CASE("Any other name is looked for in the daemon directory, and stays whole") {
  CHECK(ProgramBehind("in.ftpd", "/usr/sbin").path == "/usr/sbin/in.ftpd");
  CHECK(ProgramBehind("in.ftpd", "/usr/sbin").name == "in.ftpd");
  CHECK(ProgramBehind("a/b", "/usr/sbin").path == "/usr/sbin/a/b");
  CHECK(ProgramBehind("a/b", "/usr/sbin").name == "a/b");
}

TEST_CASE("A tcpd in front of a tcpd is noticed, other names that hold the word are not") {
  CHECK(IsWrapperItself(ProgramBehind("tcpd", "/usr/sbin")));
  CHECK(IsWrapperItself(ProgramBehind("/usr/libexec/tcpd", "/usr/sbin")));
  CHECK_FALSE(IsWrapperItself(ProgramBehind("in.tcpd", "/usr/sbin")));
  CHECK_FALSE(IsWrapperItself(ProgramBehind("tcpd/in.ftpd", "/usr/sbin")));
}

}  // namespace
}  // namespace postern::wrapper
