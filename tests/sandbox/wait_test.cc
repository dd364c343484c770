// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/wait.h"

#include <catch2/catch.hpp>

#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"

namespace postern::sandbox::sys {
namespace {

using namespace std::chrono_literals;

TEST_CASE("Nothing to read is told at the deadline, and not before") {
  const auto pipe = MakePipe(false);
  const Deadline total(10s);
  CHECK(AwaitReadable(pipe->read_end, Deadline(30ms)).error().number == ETIMEDOUT);
  CHECK(total.left() <= 10s - 30ms);
  CHECK(Deadline(0ms).left() == 0ms);
  CHECK(Deadline(-5s).left() == 0ms);
}

TEST_CASE("What is ready is told at once, also at a deadline that has passed") {
  const auto pipe = MakePipe(false);
  REQUIRE(WriteAll(pipe->write_end, "x"));
  CHECK(AwaitReadable(pipe->read_end, Deadline(0ms)));
  CHECK(AwaitWritable(pipe->write_end, Deadline(0ms)));
}

TEST_CASE("The other end's hang-up counts as ready") {
  auto pipe = MakePipe(false);
  pipe->write_end.Reset();
  CHECK(AwaitReadable(pipe->read_end, Deadline(10s)));
}

TEST_CASE("One of two descriptors is enough, whichever it is") {
  const auto quiet = MakePipe(false), talking = MakePipe(false);
  REQUIRE(WriteAll(talking->write_end, "x"));
  CHECK(AwaitEither(quiet->read_end, talking->read_end, Deadline(10s)));
  CHECK(AwaitEither(talking->read_end, quiet->read_end, Deadline(10s)));
  CHECK(AwaitEither(quiet->read_end, quiet->read_end, Deadline(10ms)).error().number == ETIMEDOUT);
}

TEST_CASE("A full pipe is not writable") {
  const auto pipe = MakePipe(true);
  while (WriteSome(pipe->write_end, std::string(4096, 'x'))) {
  }
  CHECK(AwaitWritable(pipe->write_end, Deadline(10ms)).error().number == ETIMEDOUT);
}

}  // namespace
}  // namespace postern::sandbox::sys
