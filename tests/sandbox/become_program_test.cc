// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/become_program.h"

#include <stdlib.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"
#include "tests/testlib/child.h"

namespace postern::sandbox::sys {
namespace {

// argv[0], an argument, a variable: as they were given.
TEST_CASE("The program has our words and our environment") {
  const auto pipe = MakePipe(false);
  const int status = testlib::StatusOfChild([&pipe] {
    if (::dup2(pipe->write_end.get(), 1) < 0 || ::setenv("POSTERN_T", "kept", 1) != 0) return 1;
    char name[] = "wrapped", option[] = "-c", text[] = "echo $0 $1 $POSTERN_T", word[] = "word";
    char* words[] = {name, option, text, name, word, nullptr};
    IgnoreError(BecomeProgram("/bin/sh", words), "the parent sees the status");
    return 2;
  });
  CHECK(status == 0);
  char text[64];
  const auto length = ::read(pipe->read_end.get(), text, sizeof text);
  REQUIRE(length > 0);
  CHECK(std::string(text, static_cast<std::size_t>(length)) == "wrapped word kept\n");
}

TEST_CASE("A program that is not there is told, and we go on") {
  char* words[] = {nullptr};
  const auto result = BecomeProgram("/nonexistent/program", words);
  REQUIRE(!result);
  CHECK(result.error().number == ENOENT);
}

}  // namespace
}  // namespace postern::sandbox::sys
