// SPDX-License-Identifier: BSD-2-Clause
// Filters in the kernel: what a process under one may do, and how it ends when it tries more.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>

#include "sandbox/filter/filter.h"
#include "tests/testlib/child.h"
#include "tests/testlib/install_filter.h"

namespace postern::sandbox::filter {
namespace {

FilterProgram Program(const FilterRequest& request) {
  auto program = BuildFilter(request);
  REQUIRE(program);
  return *std::move(program);
}

// What body() did under the filter: its exit status, or minus the signal that ended it.
template <typename Body>
int Under(const FilterRequest& request, const Body& body) {
  const FilterProgram program = Program(request);
  const int status = testlib::InChild([&] {
    if (!testlib::InstallFilter(program)) return 99;
    return body();
  });
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

// The errno of a call; 0 when it went well.
int ErrnoOf(long result) { return result == -1 ? errno : 0; }

int TryCall(const FilterRequest& request, long number, long a = 0, long b = 0, long c = 0,
            long d = 0) {
  return Under(request, [=] { return ErrnoOf(::syscall(number, a, b, c, d)); });
}

TEST_CASE("What is listed is done, what is not ends the process or fails") {
  FilterRequest request;
  CHECK(TryCall(request, SYS_getpid) == 0);
  CHECK(TryCall(request, SYS_sched_setscheduler) == -SIGSYS);
  CHECK(TryCall(request, SYS_ptrace) == -SIGSYS);
  request.unlisted = Unlisted::kErrno;
  CHECK(TryCall(request, SYS_sched_setscheduler, 0, 0, 0) == EPERM);
  CHECK(TryCall(request, SYS_ptrace) == -SIGSYS);
  CHECK(TryCall(request, SYS_unshare, CLONE_NEWUSER) == -SIGSYS);
  request.unlisted = Unlisted::kLog;
  CHECK(TryCall(request, SYS_setpriority, PRIO_PROCESS, 0, 0) == 0);
  CHECK(TryCall(request, SYS_io_uring_setup) == -SIGSYS);
}

TEST_CASE("What the arguments are against fails, and the process goes on") {
  const FilterRequest request;
  CHECK(TryCall(request, SYS_socket, AF_INET, SOCK_STREAM) == EAFNOSUPPORT);
  CHECK(TryCall(request, SYS_ioctl, 0, TIOCSTI) == EPERM);
  CHECK(TryCall(request, SYS_ioctl, 0, static_cast<long>(0x100000000 | TIOCSTI)) == EPERM);
  CHECK(TryCall(request, SYS_clone, CLONE_NEWUSER | SIGCHLD) == EPERM);
  CHECK(TryCall(request, SYS_clone3) == ENOSYS);
  CHECK(TryCall(request, SYS_mmap, 0, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS) ==
        EPERM);
  CHECK(TryCall(request, 500) == ENOSYS);
  CHECK(TryCall(request, -1) == ENOSYS);
}

#if defined(__x86_64__)
TEST_CASE("Calls of x32 and of i386 end the process") {
  FilterRequest request;
  request.base = FilterBase::kAllButDenied;
  CHECK(TryCall(request, 0x40000000 | SYS_getpid) == -SIGSYS);
  const auto by_interrupt = [] {
    ::signal(SIGSEGV, SIG_DFL);  // a sanitizer's handler would make an exit of it
    long result = 20;            // getpid of i386
    asm volatile("int $0x80" : "+a"(result) : : "memory");
    return 0;
  };
  const int ended = Under(request, by_interrupt);
  // A kernel without i386 does not know the interrupt.
  CHECK((ended == -SIGSYS || ended == -SIGSEGV));
}
#endif

TEST_CASE("A program of the shell does its work under the base list") {
  const auto run = [](const char* script) {
    FilterRequest request;
    return Under(request, [=] {
      ::execl("/bin/sh", "sh", "-c", script, static_cast<char*>(nullptr));
      return 98;
    });
  };
  CHECK(run("d=$(mktemp -d) && echo a >$d/b && ls -l $d | grep -q b && rm -r $d") == 0);
  CHECK(run("exec /bin/true") == 0);
  CHECK(run("ps aux >/dev/null") == 0);  // its libnuma tries memory policies
  CHECK(run("sleep 0.01 & wait; kill -0 $$") == 0);
  CHECK(run("perl -e 'open(F, \"-|\", \"id\") or die; print while <F>' >/dev/null") == 0);
  CHECK(run("python3 -c 'import socket, subprocess, threading, tempfile, select\n"
            "threading.Thread(target=subprocess.call, args=([\"true\"],)).start()\n"
            "near, far = socket.socketpair()\n"
            "near.send(b\"x\")\n"
            "tempfile.TemporaryFile().write(b\"x\")'") == 0);
}

class Listener {
 public:
  Listener() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    REQUIRE(::bind(descriptor_, Address(), size) == 0);
    REQUIRE(::listen(descriptor_, 4) == 0);
    REQUIRE(::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address_), &size) == 0);
  }
  ~Listener() { ::close(descriptor_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  const sockaddr* Address() const { return reinterpret_cast<const sockaddr*>(&address_); }
  socklen_t size() const { return sizeof address_; }

  // A client of this listener, and the server's end of its connection.
  std::pair<int, int> Connection() const {
    const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::connect(client, Address(), size()) == 0);
    const int server = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
    REQUIRE(server >= 0);
    return {client, server};
  }

 private:
  int descriptor_;
  sockaddr_in address_{};
};

// Landlock that lets nobody connect; false where it cannot.
bool ForbidConnecting() {
  struct {
    std::uint64_t files, network;
  } handled{0, 2};  // LANDLOCK_ACCESS_NET_CONNECT_TCP
  const long ruleset = ::syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
  if (ruleset < 0 || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  return ::syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}

constexpr int kNoLandlock = 97;

// Lets go of its peer, as any TCP socket can.
void Disconnect(int connection) {
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  ::connect(connection, &nobody, sizeof nobody);
}

TEST_CASE("An inherited connection stays that connection") {
  const Listener ours, other;
  const auto [client, server] = ours.Connection();
  FilterRequest request;
  for (const bool landlock : {false, true}) {
    request.unix_sockets = request.landlock_tcp = landlock;
    const int connection = server;
    CHECK(Under(request, [&] { return ErrnoOf(::listen(connection, 1)); }) == EACCES);
    CHECK(Under(request, [&] { return ErrnoOf(::accept(connection, nullptr, nullptr)); }) ==
          EACCES);
    CHECK(Under(request, [&] {
            Disconnect(connection);
            return ErrnoOf(::sendto(connection, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL,
                                    other.Address(), other.size()));
          }) == EACCES);
  }
  request.unix_sockets = false;
  CHECK(Under(request, [&, connection = server] {
          return ErrnoOf(::connect(connection, other.Address(), other.size()));
        }) == EACCES);
  ::close(client);
  ::close(server);
}

// Why the rule is there. Should a kernel close the way, this says so, and the rule may go one day.
TEST_CASE("Without a filter TCP Fast Open connects past Landlock") {
  const Listener ours, other;
  const auto [client, server] = ours.Connection();
  const int result = testlib::StatusOfChild([&, connection = server] {
    if (!ForbidConnecting()) return kNoLandlock;
    Disconnect(connection);
    if (ErrnoOf(::connect(connection, other.Address(), other.size())) != EACCES) return 98;
    return ErrnoOf(
        ::sendto(connection, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, other.Address(), other.size()));
  });
  // Connected; or the kernel has closed the way, has it switched off (net.ipv4.tcp_fastopen), or
  // has no Landlock for TCP.
  CHECK((result == 0 || result == EACCES || result == EOPNOTSUPP || result == kNoLandlock));
  ::close(client);
  ::close(server);
}

}  // namespace
}  // namespace postern::sandbox::filter
