// SPDX-License-Identifier: BSD-2-Clause
// The C interface from within: what one process asks again and again, from threads and after a
// fork. What a caller sees of each function is compared with Debian's library in tests/wrapper/abi.
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "sandbox/sys/unique_fd.h"
#include "tests/testlib/child.h"
#include "tests/testlib/temp_dir.h"
#include "wrapper/libwrap/abi.h"

namespace postern::wrapper {
namespace {

using testlib::StatusOfChild;
using testlib::WriteFile;

// The library's tables are these while it lives.
class Tables {
 public:
  Tables(const std::string& allow, const std::string& deny)
      : allow_(directory_ / "allow"), deny_(directory_ / "deny") {
    Write(allow, deny);
    hosts_allow_table = allow_.data();
    hosts_deny_table = deny_.data();
  }
  void Write(const std::string& allow, const std::string& deny) {
    WriteFile(allow_, allow);
    WriteFile(deny_, deny);
  }

 private:
  testlib::TempDir directory_;
  std::string allow_, deny_;
};

int Ask(const std::string& address, const std::string& daemon = "svc") {
  std::string d = daemon, name = "unknown", a = address, user = "unknown";
  return hosts_ctl(d.data(), name.data(), a.data(), user.data());
}

TEST_CASE("An edit of the tables counts for the next decision") {
  Tables tables("svc: 10.0.0.1\n", "ALL: ALL\n");
  for (int i = 0; i < 20; ++i) {
    const bool first = i % 2 == 0;
    tables.Write(first ? "svc: 10.0.0.1\n" : "svc: 10.0.0.2\n", "ALL: ALL\n");
    CHECK(Ask("10.0.0.1") == (first ? 1 : 0));
    CHECK(Ask("10.0.0.2") == (first ? 0 : 1));
  }
}

TEST_CASE("More pairs of tables than are kept are decided as well") {
  std::vector<std::unique_ptr<Tables>> all;
  for (int i = 0; i < 40; ++i) {
    all.push_back(
        std::make_unique<Tables>("svc: 10.0.0." + std::to_string(i) + "\n", "ALL: ALL\n"));
    CHECK(Ask("10.0.0." + std::to_string(i)) == 1);
    CHECK(Ask("10.0.1.1") == 0);
  }
}

TEST_CASE("Without tables nobody is let in") {
  const Tables tables("ALL: ALL\n", "");
  hosts_deny_table = nullptr;
  CHECK(Ask("10.0.0.1") == 0);
}

TEST_CASE("An aclexec that said no is not remembered") {
  Tables tables("", "svc: ALL: aclexec exit 1\n");
  CHECK(Ask("10.0.0.1") == 1);
  tables.Write("", "svc: ALL: severity info\n");
  CHECK(Ask("10.0.0.1") == 0);
}

TEST_CASE("The children of the program are not reaped by commands of rules") {
  const Tables tables("svc: ALL: aclexec exit 0: spawn true\n", "ALL: ALL\n");
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(7);
  CHECK(Ask("10.0.0.1") == 1);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 7);
}

TEST_CASE("A resident program is not replaced by twist, a fresh one is") {
  const Tables tables("ALL: ALL: twist exit 9\n", "");
  CHECK(StatusOfChild([] {
          resident = -1;
          request_info request;
          request_init(&request, RQ_FILE, 0, 0);
          return hosts_access(&request) == 0 ? 1 : 2;  // not reached
        }) == 9);
  // Nothing that a shell could be given.
  CHECK(StatusOfChild([] {
          resident = -1;
          return Ask("10.0.0.1") == 0 ? 1 : 2;
        }) == 1);
  resident = 1;
  CHECK(Ask("10.0.0.1") == 0);
}

TEST_CASE("Threads decide at the same time, each its own request") {
  const Tables tables("svc: 10.0.0.0/255.255.255.128\n", "ALL: ALL\n");
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t, &wrong] {
      for (int i = 0; i < 200; ++i) {
        const int last = (i * 7 + t * 50) % 256;
        if (Ask("10.0.0." + std::to_string(last)) != (last < 128 ? 1 : 0)) ++wrong;
      }
    });
  }
  threads.clear();
  CHECK(wrong == 0);
}

// Failures of a process that forks fifty times while its threads decide, too many of them if it
// hangs.
int FailuresOfForks() {
  return StatusOfChild([] {
    ::alarm(60);
    std::atomic<bool> done = false;
    std::vector<std::jthread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&done] {
        while (!done) Ask("10.0.0.1");
      });
    }
    int failed = 0;
    for (int i = 0; i < 50; ++i) {
      const pid_t pid = ::fork();
      if (pid == 0) {
        ::alarm(10);
        ::_exit(Ask("10.0.0.1") == 1 && Ask("10.0.0.2") == 0 ? 0 : 1);
      }
      int status = 0;
      if (pid < 0 || ::waitpid(pid, &status, 0) != pid || status != 0) ++failed;
    }
    done = true;
    threads.clear();
    return failed;
  });
}

TEST_CASE("A child that was forked while threads decide can decide too") {
  const Tables tables("svc: 10.0.0.1\n", "ALL: ALL\n");
  CHECK(FailuresOfForks() == 0);
}

TEST_CASE("A child that was forked while threads log can log too") {
  const Tables tables("no separator\nno separator\nsvc: 10.0.0.1\n", "ALL: ALL\n");
  CHECK(FailuresOfForks() == 0);
}

// The addresses of one request do not become those of the next.
TEST_CASE("Two requests may be open at once") {
  std::array<request_info, 2> requests;
  std::array<sandbox::sys::UniqueFd, 4> ends;
  const std::array<in_addr_t, 2> clients = {htonl(0x7f000002), htonl(0x7f000003)};
  for (std::size_t i = 0; i < requests.size(); ++i) {
    sandbox::sys::UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = clients[i];
    REQUIRE(::bind(listener.get(), generic, length) == 0);
    REQUIRE(::listen(listener.get(), 1) == 0);
    REQUIRE(::getsockname(listener.get(), generic, &length) == 0);
    ends[2 * i] = sandbox::sys::UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(ends[2 * i].get(), generic, length) == 0);
    ends[2 * i + 1] = sandbox::sys::UniqueFd(::accept(listener.get(), nullptr, nullptr));
    request_init(&requests[i], RQ_FILE, ends[2 * i + 1].get(), 0);
    sock_host(&requests[i]);
  }
  CHECK(std::string(eval_hostaddr(requests[0].server)) == "127.0.0.2");
  CHECK(std::string(eval_hostaddr(requests[1].server)) == "127.0.0.3");
}

TEST_CASE("A text that does not fit its buffer is left out, not cut in the middle of a command") {
  request_info request;
  request_init(&request, RQ_CLIENT_ADDR, "192.0.2.1", 0);
  char result[10];
  std::string text = "%a %a";
  CHECK(std::string(percent_x(result, sizeof result, text.data(), &request)).empty());
  text = "%a";
  CHECK(std::string(percent_x(result, sizeof result, text.data(), &request)) == "192.0.2.1");
  CHECK(percent_x(result, 0, text.data(), &request) == result);
}

}  // namespace
}  // namespace postern::wrapper
