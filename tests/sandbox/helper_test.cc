// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/helper.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>

#include "sandbox/channel.h"
#include "sandbox/sys/events.h"
#include "sandbox/sys/process.h"
#include "tests/testlib/child.h"
#include "tests/testlib/fake_call.h"
#include "tests/testlib/temp_dir.h"

namespace postern::sandbox {
namespace {

bool ReadableWithin(const sys::UniqueFd& fd, int ms) {
  pollfd wait{fd.get(), POLLIN, 0};
  return ::poll(&wait, 1, ms) == 1;
}

// The frame that waits in its channel.
std::string TextOf(const Helper& helper) {
  std::array<std::byte, 512> buffer{};
  const auto frame = ReceiveFrame(helper.channel, buffer);
  if (!frame) return "error: " + frame.error().ToString();
  std::string text(frame->length, '\0');
  std::memcpy(text.data(), buffer.data(), frame->length);
  return text;
}

// The one frame a shell script writes to its channel, and how it ended.
struct Told {
  std::string text;
  sys::Exit exit;
};

Told Hear(const std::string& script) {
  const auto helper = StartHelper({"/bin/sh", "-c", script, "name"});
  REQUIRE(helper);
  REQUIRE(ReadableWithin(helper->channel, 10'000));
  Told told;
  told.text = TextOf(*helper);
  REQUIRE(ReadableWithin(helper->pidfd, 10'000));
  told.exit = **sys::ReapPidfd(helper->pidfd);
  return told;
}

TEST_CASE("A helper has its channel as descriptor 3 and its words") {
  const auto told = Hear("echo \"$0 $#\" >&3; exit 5");
  CHECK(told.text == "name 0\n");
  CHECK(told.exit.status == 5);
}

TEST_CASE("A helper has /dev/null as 0 and 1, the channel, and nothing else") {
  const sys::UniqueFd ours(::open("/etc/passwd", O_RDONLY | O_CLOEXEC));
  // What whoever started the tests left open and not close-on-exec would be passed on.
  CHECK(
      testlib::StatusOfChild([] {
        if (::syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) return 1;
        const auto helper = StartHelper(
            {"/bin/sh", "-c",
             "i=0; while [ $i -lt 40 ]; do [ -e /proc/$$/fd/$i ] && o=\"$o $i\"; i=$((i+1)); done;"
             "echo \"$o $(readlink /proc/$$/fd/0) $(readlink /proc/$$/fd/1)\" >&3"});
        if (!helper || !ReadableWithin(helper->channel, 10'000)) return 2;
        return TextOf(*helper) == " 0 1 2 3 /dev/null /dev/null\n" ? 0 : 3;
      }) == 0);
}

TEST_CASE("A helper inherits no environment") {
  REQUIRE(::setenv("POSTERN_TEST", "1", 1) == 0);
  CHECK(Hear("echo \"[$POSTERN_TEST][$HOME]\" >&3").text == "[][]\n");
}

TEST_CASE("A helper has no signal blocked or ignored, whatever its starter has") {
  CHECK(testlib::StatusOfChild([] {
          sys::IgnoreSignals({SIGPIPE});
          if (!sys::CatchSignals({SIGTERM, SIGHUP})) return 1;
          const auto helper = StartHelper(
              {"/bin/sh", "-c", "grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -d '\\n' >&3"});
          if (!helper || !ReadableWithin(helper->channel, 10'000)) return 2;
          const std::string none = "\t0000000000000000";
          return TextOf(*helper) == "SigBlk:" + none + "SigIgn:" + none ? 0 : 3;
        }) == 0);
}

TEST_CASE("A program that cannot be executed is told with errno, and leaves no process") {
  const auto before = testlib::OpenDescriptors();
  const auto missing = StartHelper({"/nonexistent/helper"});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().number == ENOENT);
  CHECK(missing.error().object == "/nonexistent/helper");
  CHECK(StartHelper({"/etc/passwd"}).error().number == EACCES);
  CHECK(testlib::OpenDescriptors() == before);
  CHECK(::waitpid(-1, nullptr, WNOHANG) < 0);
  CHECK(errno == ECHILD);
}

TEST_CASE("A child that does not get as far as execve is told with errno too") {
  CHECK(testlib::StatusOfChild([] {
          if (!testlib::FakeCall(SYS_dup2, EMFILE)) return 1;
          const auto helper = StartHelper({"/bin/sleep", "60"});
          if (helper || helper.error().number != EMFILE) return 2;
          return ::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD ? 0 : 3;
        }) == 0);
}

TEST_CASE("A helper that cannot be watched is not left running") {
  CHECK(testlib::StatusOfChild([] {
          if (!testlib::FakeCall(SYS_pidfd_open, EMFILE)) return 1;
          const auto helper = StartHelper({"/bin/sleep", "60"});
          if (helper || helper.error().number != EMFILE) return 2;
          return ::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD ? 0 : 3;
        }) == 0);
}

// A program whose execve waits for as long as this exists: the one with a lease on a file is asked
// to give it up before another opens it (fcntl(2), F_SETLEASE), and does not answer.
class HeldProgram {
 public:
  HeldProgram() {
    sys::IgnoreSignals({SIGIO});
    std::ofstream(path_) << "#!/bin/sh\n";
    REQUIRE(::chmod(path_.c_str(), 0755) == 0);
    file_ = sys::UniqueFd(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
    REQUIRE(::fcntl(file_.get(), F_SETLEASE, F_WRLCK) == 0);
  }
  const std::string& path() const { return path_; }

 private:
  testlib::TempDir directory_;
  std::string path_ = directory_ / "program";
  sys::UniqueFd file_;
};

TEST_CASE("A helper whose execve takes too long is given up, and not left behind") {
  const HeldProgram program;
  const auto before = sys::BootTime();
  const auto helper = StartHelper({program.path()}, std::chrono::milliseconds(200));
  REQUIRE_FALSE(helper);
  CHECK(helper.error().number == ETIMEDOUT);
  CHECK(sys::BootTime() - before >= std::chrono::milliseconds(200));
  CHECK(::waitpid(-1, nullptr, WNOHANG) < 0);
  CHECK(errno == ECHILD);
}

TEST_CASE("A helper that ends is told by its channel and its pidfd") {
  const auto helper = StartHelper({"/bin/true"});
  REQUIRE(helper);
  CHECK(helper->pid > 0);
  REQUIRE(ReadableWithin(helper->channel, 10'000));
  std::array<std::byte, 8> buffer{};
  CHECK(ReceiveFrame(helper->channel, buffer).value().length == 0);
  REQUIRE(ReadableWithin(helper->pidfd, 10'000));
  CHECK((*sys::ReapPidfd(helper->pidfd))->status == 0);
}

}  // namespace
}  // namespace postern::sandbox
