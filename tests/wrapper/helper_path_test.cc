// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/launch/helper_path.h"

#include <catch2/catch.hpp>

namespace postern::wrapper {
namespace {

TEST_CASE("Helpers are in libexec/postern beside the folder of the program") {
  CHECK(HelperBeside("/usr/sbin/posternd", "postern-zygote") ==
        "/usr/libexec/postern/postern-zygote");
  CHECK(HelperBeside("/opt/p/bin/postern", "postern-gate") ==
        "/opt/p/libexec/postern/postern-gate");
  CHECK(HelperBeside("/bin/postern", "x") == "/libexec/postern/x");
  // What follows a program that was replaced, as /proc/PID/exe has it, is the program's name.
  CHECK(HelperBeside("/usr/sbin/posternd (deleted)", "x") == "/usr/libexec/postern/x");
}

TEST_CASE("The running program's own helper lies beside it") {
  const std::string path = HelperPath("postern-zygote");
  CHECK(path.front() == '/');
  CHECK(path.ends_with("/libexec/postern/postern-zygote"));
}

}  // namespace
}  // namespace postern::wrapper
