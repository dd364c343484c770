// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/quiet_child.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

#include "sandbox/sys/files.h"
#include "sandbox/sys/wait.h"
#include "tests/testlib/child.h"
#include "tests/testlib/temp_dir.h"

namespace postern::sandbox {
namespace {

using namespace std::chrono_literals;
using testlib::OpenDescriptors;
using testlib::StatusOfChild;

volatile sig_atomic_t child_signals = 0;
void CountSignal(int) { child_signals = child_signals + 1; }

QuietWork Says(const std::string& text) {
  return [text](const sys::UniqueFd& answer) {
    if (!sys::WriteAll(answer, text)) ::_exit(1);
  };
}

TEST_CASE("A quiet child's answer is what it wrote") {
  CHECK(AskQuietChild(Says("hello"), 10s, 100).value() == "hello");
  CHECK(AskQuietChild(Says(""), 10s, 100).value().empty());
  CHECK(AskQuietChild(Says(std::string(100, 'x')), 10s, 100).value().size() == 100);
}

TEST_CASE("A child that says too much or is not done in time is ended") {
  CHECK(AskQuietChild(Says(std::string(101, 'x')), 10s, 100).error().number == EFBIG);
  const auto stuck = [](const sys::UniqueFd&) { ::pause(); };
  CHECK(AskQuietChild(stuck, 50ms, 100).error().number == ETIMEDOUT);
}

TEST_CASE("Neither kind of child is noticed by the program around it") {
  const int status = StatusOfChild([] {
    ::signal(SIGCHLD, CountSignal);
    const auto before = OpenDescriptors();
    if (!AskQuietChild(Says("x"), 10s, 10)) return 1;
    if (!RunShellQuietly("exit 3")) return 2;
    const auto stuck = [](const sys::UniqueFd&) { ::pause(); };
    if (AskQuietChild(stuck, 20ms, 10)) return 3;
    if (child_signals != 0) return 4;
    if (::waitpid(-1, nullptr, WNOHANG) != -1 || errno != ECHILD) return 5;
    if (::waitpid(-1, nullptr, WNOHANG | __WALL) != -1 || errno != ECHILD) return 6;
    return OpenDescriptors() == before ? 0 : 7;
  });
  CHECK(status == 0);
}

TEST_CASE("A host that ignores SIGCHLD, or reaps whatever it finds, changes nothing") {
  CHECK(StatusOfChild([] {
          ::signal(SIGCHLD, SIG_IGN);
          const auto end = RunShellQuietly("true & wait $!; exit 3");
          return end && end->exit.status == 3 ? 0 : 1;
        }) == 0);
  CHECK(StatusOfChild([] {
          ::signal(SIGCHLD, [](int) { ::waitpid(-1, nullptr, WNOHANG); });
          const auto end = RunShellQuietly("exit 4");
          return end && end->exit.status == 4 ? 0 : 1;
        }) == 0);
}

TEST_CASE("A child of the host is left to the host") {
  CHECK(StatusOfChild([] {
          const pid_t own = ::fork();
          if (own == 0) ::_exit(9);
          if (!RunShellQuietly("exit 0") || !AskQuietChild(Says("x"), 10s, 10)) return 1;
          int status = 0;
          if (::waitpid(own, &status, 0) != own) return 2;
          return WIFEXITED(status) && WEXITSTATUS(status) == 9 ? 0 : 3;
        }) == 0);
}

TEST_CASE("How the shell ended is told, status or signal") {
  const auto status = RunShellQuietly("exit 7");
  REQUIRE(status);
  CHECK(status->exit.status == 7);
  CHECK(status->pid > 1);
  const auto signal = RunShellQuietly("kill -TERM $$");
  REQUIRE(signal);
  CHECK(signal->exit.signal == SIGTERM);
  CHECK_FALSE(signal->exit.status);
}

TEST_CASE("The shell has /dev/null and nothing else of ours") {
  const testlib::TempDir folder;
  const std::string out = folder / "out";
  const auto pipe = sys::MakePipe(false);
  const int inherited = ::dup(pipe->read_end.get());  // not close-on-exec
  REQUIRE(
      RunShellQuietly("x=$(for n in 0 1 2; do readlink /proc/$$/fd/$n; done); n=3; "
                      "while [ $n -lt 80 ]; do [ -e /proc/$$/fd/$n ] && x=\"$x $n\"; "
                      "n=$((n+1)); done; echo \"$x\" > " +
                      out));
  ::close(inherited);
  CHECK(testlib::ContentOf(out) == "/dev/null\n/dev/null\n/dev/null\n");
}

TEST_CASE("The shell starts with the signal mask of the host and SIGHUP ignored") {
  const testlib::TempDir folder;
  const std::string out = folder / "out";
  REQUIRE(RunShellQuietly("grep -E '^Sig(Blk|Ign)' /proc/self/status > " + out));
  const auto lines = testlib::LinesOf(out);
  REQUIRE(lines.size() == 2);
  const auto mask = [](const std::string& line) {
    return std::stoull(line.substr(8), nullptr, 16);
  };
  CHECK((mask(lines[0]) & (1ULL << (SIGTERM - 1))) == 0);
  CHECK((mask(lines[1]) & (1ULL << (SIGHUP - 1))) != 0);
  CHECK((mask(lines[1]) & (1ULL << (SIGCHLD - 1))) == 0);
}

// The child of one thread is a copy that holds the pipe of the other.
TEST_CASE("A question that hangs in one thread keeps no other from its answer") {
  const auto ready = sys::MakePipe(false), hang = sys::MakePipe(false);
  const auto wait = [](const sys::Pipe& gate) {
    sys::IgnoreError(sys::AwaitReadable(gate.read_end, sys::Deadline(60s)), "as a gate that opens");
  };
  std::string answer;
  std::thread quick([&] {
    const auto work = [&](const sys::UniqueFd& to) {
      wait(*ready);
      sys::IgnoreError(sys::WriteAll(to, "answer"), "the check tells");
    };
    answer = AskQuietChild(work, 30s, 100).value_or("none in time");
    sys::IgnoreError(sys::WriteAll(hang->write_end, "x"), "it ends at its deadline too");
  });
  while (::waitpid(-1, nullptr, WNOHANG | __WALL) != 0) std::this_thread::sleep_for(1ms);
  const auto stuck = [&](const sys::UniqueFd&) {
    sys::IgnoreError(sys::WriteAll(ready->write_end, "x"), "the check tells");
    wait(*hang);
  };
  CHECK(AskQuietChild(stuck, 60s, 100));
  quick.join();
  CHECK(answer == "answer");
}

TEST_CASE("A shell's end is told while a copy of the program holds the report") {
  const testlib::TempDir folder;
  const auto hang = sys::MakePipe(false);
  std::thread shell([&] {
    const auto end = RunShellQuietly("while [ ! -e " + (folder / "go") + " ]; do sleep 0.01; done");
    sys::IgnoreError(sys::WriteAll(hang->write_end, end ? "x" : "-"), "the check tells");
  });
  while (::waitpid(-1, nullptr, WNOHANG | __WALL) != 0) std::this_thread::sleep_for(1ms);
  const auto holds = [&](const sys::UniqueFd& to) {
    testlib::WriteFile(folder / "go", "");
    if (sys::AwaitReadable(hang->read_end, sys::Deadline(30s))) {
      sys::IgnoreError(sys::WriteAll(to, "told"), "the check tells");
    }
  };
  CHECK(AskQuietChild(holds, 60s, 100).value() == "told");
  shell.join();
}

TEST_CASE("A command in the background is not waited for") {
  const testlib::TempDir folder;
  const sys::Deadline deadline(10s);
  REQUIRE(RunShellQuietly("sleep 20 & echo $! > " + (folder / "pid")));
  CHECK(deadline.left() > 0ms);
  ::kill(std::stoi(testlib::ContentOf(folder / "pid")), SIGKILL);
}

}  // namespace
}  // namespace postern::sandbox
