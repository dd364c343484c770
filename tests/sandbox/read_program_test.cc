// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/read_program.h"

#include <fcntl.h>

#include <array>
#include <catch2/catch.hpp>
#include <string>

#include "sandbox/sys/process.h"
#include "tests/testlib/child.h"

namespace postern::sandbox {
namespace {

constexpr const char* kPath = "/bin:/usr/bin";

std::string AllOutput(const ReadProgram& program) {
  std::string text;
  std::array<char, 16> buffer{};
  for (;;) {
    const auto got = ReadOutput(program, buffer);
    REQUIRE(got);
    if (*got == 0) return text;
    text.append(buffer.data(), *got);
  }
}

TEST_CASE("The output of a program is read, and how it ended") {
  const auto program =
      StartForReading({"sh", "-c", "echo \"$1\" $PATH; exit 3", "sh", "a b"}, kPath);
  REQUIRE(program);
  CHECK(AllOutput(*program) == "a b /bin:/usr/bin\n");
  CHECK(sys::AwaitPidfd(program->pidfd)->status == 3);
}

TEST_CASE("Its standard input is empty, and it holds no descriptor of ours") {
  // What the test itself was started with is not ours to judge.
  for (const int inherited : testlib::OpenDescriptors()) {
    if (inherited > 2) ::fcntl(inherited, F_SETFD, FD_CLOEXEC);
  }
  const auto program =
      StartForReading({"sh", "-c", "cat; ls -l /proc/self/fd/0; ls /proc/$$/fd; true"}, kPath);
  REQUIRE(program);
  const std::string text = AllOutput(*program);
  CHECK(text.find("/dev/null") != std::string::npos);
  CHECK(text.ends_with("\n0\n1\n2\n"));
}

TEST_CASE("A program that is not in the path is told as such") {
  const auto before = testlib::OpenDescriptors();
  const auto program = StartForReading({"no-such-program"}, kPath);
  REQUIRE(!program);
  CHECK(program.error().number == ENOENT);
  CHECK(program.error().object == "no-such-program");
  CHECK(testlib::OpenDescriptors() == before);
}

}  // namespace
}  // namespace postern::sandbox
