// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/pid_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "sandbox/sys/files.h"
#include "tests/testlib/temp_dir.h"

namespace postern::daemon {
namespace {

const std::string kOwnLine = std::to_string(::getpid()) + "\n";

TEST_CASE("The file holds the process id and replaces an older one") {
  const testlib::TempDir directory;
  const std::string path = directory / "pid";
  testlib::WriteFile(path, "a much longer line that was there before\n");
  const mode_t umask = ::umask(022);
  REQUIRE(WritePidFile(path));
  ::umask(umask);
  CHECK(testlib::ContentOf(path) == kOwnLine);
  CHECK(sandbox::sys::Inspect(path).value().mode == 0644);
}

TEST_CASE("A link at the path is replaced, and what it leads to left alone") {
  const testlib::TempDir directory;
  const std::string target = directory / "target";
  testlib::WriteFile(target, "precious");
  std::filesystem::create_symlink(target, directory / "pid");
  REQUIRE(WritePidFile(directory / "pid"));
  CHECK(testlib::ContentOf(target) == "precious");
  CHECK_FALSE(std::filesystem::is_symlink(directory / "pid"));
  CHECK(testlib::ContentOf(directory / "pid") == kOwnLine);
}

TEST_CASE("A file that cannot be made is an error") {
  const testlib::TempDir directory;
  CHECK(WritePidFile(directory / "missing/pid").error().number == ENOENT);
}

}  // namespace
}  // namespace postern::daemon
