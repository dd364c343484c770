// SPDX-License-Identifier: BSD-2-Clause
// What changes the process itself is tried in a child.
#include "sandbox/sys/host_process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"
#include "tests/testlib/child.h"

namespace postern::sandbox::sys {
namespace {

using testlib::StatusOfChild;

TEST_CASE("The priority is lowered by the increment, and -1 is no failure") {
  for (const int before : {-4, 0, 16}) {
    INFO(before);
    CHECK(StatusOfChild([before] {
            if (::setpriority(PRIO_PROCESS, 0, before) != 0) return 1;
            if (!AddNice(3)) return 2;
            return ::getpriority(PRIO_PROCESS, 0) == before + 3 ? 0 : 3;
          }) == 0);
  }
  CHECK(StatusOfChild([] {
          if (::setpriority(PRIO_PROCESS, 0, 0) != 0) return 1;
          if (::setresuid(65534, 65534, 65534) != 0) return 2;
          const auto raised = AddNice(-5);
          return raised || raised.error().number != EPERM ? 3 : 0;
        }) == 0);
}

TEST_CASE("A variable is set, one that cannot be named is refused") {
  CHECK(StatusOfChild([] {
          if (!SetEnvironment("POSTERN_T", "a b")) return 1;
          return std::string(::getenv("POSTERN_T")) == "a b" ? 0 : 2;
        }) == 0);
  CHECK(SetEnvironment("", "x").error().number == EINVAL);
  CHECK(SetEnvironment("A=B", "x").error().number == EINVAL);
}

// What the shell says through the connection.
std::string Twisted(int number, const std::string& command) {
  int pair[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);  // passed on through exec on purpose
  const UniqueFd ours(pair[0]);
  UniqueFd theirs(pair[1]);
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    if (number >= 0) {
      ::dup2(theirs.get(), number);
      theirs = UniqueFd(number);
    }
    IgnoreError(BecomeShell(theirs, command), "the parent sees no answer");
    ::_exit(1);
  }
  theirs.Reset();
  std::string answer = ReadAll(ours, 4096).value_or("");
  ::waitpid(pid, nullptr, 0);
  return answer;
}

TEST_CASE("The shell speaks with the connection, wherever it was, and holds nothing else") {
  for (const int number : {-1, 0, 2, 60}) {
    INFO(number);
    CHECK(Twisted(number, "echo hello") == "hello\n");
    CHECK(Twisted(number, "echo hello >&2") == "hello\n");
    CHECK(Twisted(number,
                  "n=3; while [ $n -lt 80 ]; do [ -e /proc/$$/fd/$n ] && echo $n; "
                  "n=$((n+1)); done; echo end") == "end\n");
  }
}

}  // namespace
}  // namespace postern::sandbox::sys
