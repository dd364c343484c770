// SPDX-License-Identifier: BSD-2-Clause
// Filters read back from a process: needs root, and that the test itself is under none.
#include "sandbox/inspect/read_filters.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>

#include "sandbox/sys/process.h"
#include "tests/testlib/install_filter.h"

namespace postern::sandbox {
namespace {

constexpr std::chrono::seconds kPatience(20);
const FilterProgram kAllow = {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
const FilterProgram kLog = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, 0},
                            {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_LOG}};

// Puts itself under filters, says so, and echoes what it is sent.
class Echo {
 public:
  explicit Echo(const std::vector<FilterProgram>& filters) {
    auto there = sys::MakePipe(/*nonblocking=*/false), back = sys::MakePipe(/*nonblocking=*/false);
    REQUIRE(there);
    REQUIRE(back);
    pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) Run(filters, *there, *back);
    to_ = std::move(there->write_end);
    from_ = std::move(back->read_end);
    CHECK(Heard() == 'r');
  }
  ~Echo() {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  bool Answers() const {
    const char word = 'x';
    return ::write(to_.get(), &word, 1) == 1 && Heard() == word;
  }
  pid_t pid = 0;

 private:
  [[noreturn]] static void Run(const std::vector<FilterProgram>& filters, sys::Pipe& in,
                               sys::Pipe& out) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (const FilterProgram& filter : filters) {
      if (!testlib::InstallFilter(filter)) ::_exit(1);
    }
    char word = 'r';
    do {
      if (::write(out.write_end.get(), &word, 1) != 1) ::_exit(2);
    } while (::read(in.read_end.get(), &word, 1) == 1);
    ::_exit(0);
  }
  char Heard() const {
    pollfd wait{from_.get(), POLLIN, 0};
    char word = 0;
    if (::poll(&wait, 1, 20'000) != 1 || ::read(from_.get(), &word, 1) != 1) return 0;
    return word;
  }
  sys::UniqueFd to_, from_;
};

TEST_CASE("Every filter is read, in the order of their making, and the process goes on") {
  const Echo echo({kAllow, kLog});
  for (int round = 0; round < 20; ++round) {
    const auto filters = ReadFilters(echo.pid, sys::Deadline(kPatience));
    REQUIRE(filters);
    CHECK(*filters == std::vector<FilterProgram>{kAllow, kLog});
    CHECK(echo.Answers());
  }
}

TEST_CASE("A process that is stopped stays so, and goes on when it is told to") {
  const Echo echo({kAllow});
  REQUIRE(::kill(echo.pid, SIGSTOP) == 0);
  siginfo_t info{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(echo.pid), &info, WSTOPPED) == 0);
  const auto filters = ReadFilters(echo.pid, sys::Deadline(kPatience));
  REQUIRE(filters);
  CHECK(*filters == std::vector<FilterProgram>{kAllow});
  REQUIRE(::kill(echo.pid, SIGCONT) == 0);
  CHECK(echo.Answers());
}

TEST_CASE("A process that is gone is an error") {
  pid_t pid = 0;
  {
    const Echo echo({});
    pid = echo.pid;
  }
  const auto filters = ReadFilters(pid, sys::Deadline(kPatience));
  REQUIRE_FALSE(filters);
  CHECK(filters.error().number == ESRCH);
}

}  // namespace
}  // namespace postern::sandbox
