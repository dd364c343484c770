// SPDX-License-Identifier: BSD-2-Clause
// What changes the process itself is tried in a child. Needs root where the user changes.
#include "wrapper/access/option_runner.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <thread>

#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"
#include "sandbox/sys/sockets.h"
#include "sandbox/sys/wait.h"
#include "tests/testlib/child.h"
#include "tests/testlib/temp_dir.h"

namespace postern::wrapper {
namespace {

namespace sys = sandbox::sys;
using namespace std::chrono_literals;
using sys::UniqueFd;
using testlib::StatusOfChild;

struct Runner {
  CollectedLog sink;
  RuleLog log{sink};
  UniqueFd client, program;
  Runner() {
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    client = UniqueFd(pair[0]);
    program = UniqueFd(pair[1]);
  }
  ProcessRunner Real(std::chrono::milliseconds deadline = kBannerDeadline) const {
    return ProcessRunner(UniqueFd::DuplicateOf(program.get()), deadline);
  }
};

TEST_CASE_METHOD(Runner, "a spawned command is done when the program goes on") {
  const testlib::TempDir folder;
  Real().Spawn("id -u > " + (folder / "id"), log);
  CHECK(testlib::ContentOf(folder / "id") == "0\n");
  Real().Spawn("echo to the client; cat >&2; exit 3", log);
  char byte = 0;
  CHECK(::recv(client.get(), &byte, 1, MSG_DONTWAIT) == -1);
  CHECK(sink.lines().empty());
}

TEST_CASE_METHOD(Runner, "aclexec says yes with status 0 alone") {
  CHECK(Real().Aclexec("true", log));
  CHECK_FALSE(Real().Aclexec("exit 1", log));
  CHECK_FALSE(Real().Aclexec("/nonexistent/program", log));
  CHECK(sink.lines().empty());
  CHECK_FALSE(Real().Aclexec("kill -9 $$", log));
  REQUIRE(sink.lines().size() == 1);
  CHECK(sink.lines()[0].text.starts_with("warning: process "));
  CHECK(sink.lines()[0].text.ends_with(" exited with signal 9"));
}

TEST_CASE_METHOD(Runner, "aclexec does not speak to the client") {
  char byte = 0;
  CHECK(Real().Aclexec("echo hi; echo hi >&2; ! read x", log));
  CHECK(::recv(client.get(), &byte, 1, MSG_DONTWAIT) == -1);
}

TEST_CASE_METHOD(Runner, "aclexec fails when nothing can be started") {
  CHECK(StatusOfChild([this] {
          // No memory for a shell: clone(2) fails.
          if (::setresuid(65533, 65533, 65533) != 0) return 1;
          const rlimit none{0, 0};
          if (::setrlimit(RLIMIT_NPROC, &none) != 0) return 2;
          if (Real().Aclexec("true", log)) return 3;
          return sink.lines().size() == 1 ? 0 : 4;
        }) == 0);
}

TEST_CASE_METHOD(Runner, "socket options are set, and their failure is only told") {
  const auto socket =
      sys::MakeSocket(sys::SocketDomain::kInet4, sys::SocketKind::kStream, 0).value();
  ProcessRunner tcp(UniqueFd::DuplicateOf(socket.get()));
  tcp.Keepalive(log);
  tcp.Linger(3, log);
  int on = 0;
  socklen_t size = sizeof on;
  REQUIRE(::getsockopt(socket.get(), SOL_SOCKET, SO_KEEPALIVE, &on, &size) == 0);
  CHECK(on == 1);
  CHECK(sink.lines().empty());
  ProcessRunner nothing{UniqueFd()};
  nothing.Keepalive(log);
  nothing.Linger(5, log);
  CHECK(sink.lines() ==
        std::vector<LogLine>{{kLogError, "warning: setsockopt SO_KEEPALIVE: Bad file descriptor"},
                             {kLogError, "warning: setsockopt SO_LINGER 5: Bad file descriptor"}});
  CHECK_FALSE(nothing.WantsBanners());
}

TEST_CASE_METHOD(Runner, "a banner of any length arrives at a client that reads") {
  const std::string banner(1 << 20, 'x');
  std::string got;
  std::thread reader([this, &got, &banner] {
    char buffer[65536];
    while (got.size() < banner.size()) {
      const auto n = ::read(client.get(), buffer, sizeof buffer);
      if (n <= 0) return;
      got.append(buffer, static_cast<std::size_t>(n));
    }
  });
  Real().SendBanner(banner, log);
  program.Reset();
  reader.join();
  CHECK(got == banner);
  CHECK(sink.lines().empty());
}

TEST_CASE_METHOD(Runner, "a client that does not read is given up, one that is gone at once") {
  const std::string banner(1 << 22, 'x');
  Real(50ms).SendBanner(banner, log);
  REQUIRE(sink.lines().size() == 1);
  CHECK(sink.lines()[0].text == "warning: banners: Connection timed out");
  client.Reset();
  Real().SendBanner("x", log);
  REQUIRE(sink.lines().size() == 2);
  CHECK(sink.lines()[1].text == "warning: banners: Broken pipe");
}

TEST_CASE_METHOD(Runner, "priority, variables and the file mode mask are those of the program") {
  CHECK(StatusOfChild([this] {
          const int before = sys::OwnPriority();
          Real().Nice(2, log);
          if (sys::OwnPriority() != before + 2) return 1;
          Real().Umask(027);
          if (sys::OwnUmask() != 027) return 2;
          if (!Real().Setenv("POSTERN_T", "a b")) return 3;
          if (std::string(::getenv("POSTERN_T")) != "a b") return 4;
          return Real().Setenv("A=B", "") ? 5 : 0;
        }) == 0);
}

TEST_CASE_METHOD(Runner, "user and group are applied, for good") {
  CHECK(StatusOfChild([this] {
          if (!Real().RunAs("nobody", "daemon")) return 1;
          if (::getuid() != 65534 || ::getgid() != 1) return 2;
          return ::setuid(0) == 0 ? 3 : 0;
        }) == 0);
  CHECK(StatusOfChild([this] {
          if (!Real().RunAs("nobody", "")) return 1;
          return ::getuid() == 65534 && ::getgid() == 65534 ? 0 : 2;
        }) == 0);
  CHECK(StatusOfChild([this] {
          if (!Real().RunAs("", "daemon")) return 1;
          return ::getuid() == 0 && ::getgid() == 1 ? 0 : 2;
        }) == 0);
}

TEST_CASE_METHOD(Runner, "a user or group that does not exist or cannot be had is refused") {
  CHECK(Real().RunAs("no_such_user_q", "").error() == "unknown user: \"no_such_user_q\"");
  CHECK(Real().RunAs("no_such_user_q", "no_such_group_q").error() ==
        "unknown group: \"no_such_group_q\"");
  CHECK(Real().RunAs("", "no_such_group_q").error() == "unknown group: \"no_such_group_q\"");
  CHECK(Real().RunAs("0", "").error() == "unknown user: \"0\"");
  CHECK(StatusOfChild([this] {
          if (!Real().RunAs("nobody", "")) return 1;
          const auto other = Real().RunAs("daemon", "");
          if (other) return 2;
          return other.error() == "initgroups(daemon): Operation not permitted" ? 0 : 3;
        }) == 0);
}

TEST_CASE_METHOD(Runner, "a twisted client speaks with the shell") {
  const int status = StatusOfChild([this] {
    client.Reset();
    return BecomeShell(program, "echo hello; exit 7").empty() ? 1 : 2;
  });
  CHECK(status == 7);
  program.Reset();
  CHECK(sys::ReadAll(client, 100).value() == "hello\n");
}

}  // namespace
}  // namespace postern::wrapper
