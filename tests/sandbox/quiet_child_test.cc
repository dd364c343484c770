// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/quiet_child.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

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

// Ends when `gate` opens, and on its own when nobody opens it.
void WaitAt(const sys::Pipe& gate) {
  sys::IgnoreError(sys::AwaitReadable(gate.read_end, sys::Deadline(20s)), "either will do");
}

TEST_CASE("An answer is whole when the child has ended, whoever still holds its pipe") {
  auto gate = sys::MakePipe(false);
  const auto work = [&](const sys::UniqueFd& answer) {
    if (::fork() == 0) WaitAt(*gate);
    if (!sys::WriteAll(answer, "answer")) ::_exit(1);
  };
  const sys::Deadline deadline(10s);
  CHECK(AskQuietChild(work, 10s, 100).value_or("none in time") == "answer");
  CHECK(deadline.left() > 0ms);
  sys::IgnoreError(sys::WriteAll(gate->write_end, "x"), "it ends by itself too");
}

// Another thread's child is a copy of the program at any moment of the question.
TEST_CASE("Children that the host makes meanwhile hold up neither question nor command") {
  constexpr int kChildren = 150;
  const auto gate = sys::MakePipe(false);
  std::vector<pid_t> children;
  std::atomic<bool> done = false;
  std::thread host([&] {
    while (!done && children.size() < kChildren) {
      const pid_t pid = ::fork();
      if (pid == 0) {
        WaitAt(*gate);
        ::_exit(0);
      }
      children.push_back(pid);
    }
  });
  const sys::Deadline deadline(10s);
  for (int i = 0; i < 25; ++i) {
    CHECK(RunShellQuietly("exit 3").value().exit.status == 3);
    CHECK(AskQuietChild(Says("x"), 10s, 10).value() == "x");
  }
  CHECK(deadline.left() > 0ms);
  done = true;
  host.join();
  REQUIRE(sys::WriteAll(gate->write_end, "x"));
  for (const pid_t pid : children) ::waitpid(pid, nullptr, 0);
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
