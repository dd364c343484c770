// SPDX-License-Identifier: BSD-2-Clause
// Each case confines a child of its own and looks at how it ended: 0 for what must work, SIGSYS for
// what must kill, another status for what must be refused.
#include "sandbox/helper_confinement.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <vector>

#include "daemon/relay/relay_calls.h"
#include "tests/testlib/child.h"

namespace postern::sandbox {
namespace {

using testlib::InChild;

constexpr HelperUser kNobody{65534, 65534};

bool Succeeded(int status) { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }
bool Killed(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS; }

// How a child ended that ran `body`, confined as the relay is.
template <typename Body>
int AsRelay(const Body& body) {
  return InChild([&]() -> int {
    if (!GiveUpPrivileges(kNobody, 64) || !PermitOnly(daemon::RelayCalls())) return 99;
    return body();
  });
}

TEST_CASE("an empty body survives its confinement") {
  CHECK(Succeeded(AsRelay([] { return 0; })));
}

TEST_CASE("a call that is not listed kills") {
  CHECK(Killed(AsRelay([] { return ::open("/etc/passwd", O_RDONLY) < 0; })));
  CHECK(Killed(AsRelay([] { return ::fork() < 0; })));
  CHECK(Killed(AsRelay([] {
    ::execl("/bin/true", "true", nullptr);
    return 1;
  })));
  CHECK(Killed(AsRelay([] { return static_cast<int>(::syscall(SYS_getuid)) & 1; })));
  CHECK(Killed(AsRelay([] { return ::kill(::getppid(), 0); })));
  CHECK(Killed(AsRelay([] { return ::listen(0, 1); })));
  CHECK(Killed(AsRelay([] { return ::unlink("/nowhere"); })));
}

TEST_CASE("a listed call with other arguments kills") {
  CHECK(Killed(AsRelay([] { return ::socket(AF_UNIX, SOCK_STREAM, 0) < 0; })));
  CHECK(Killed(AsRelay([] { return ::socket(AF_INET, SOCK_DGRAM, 0) < 0; })));
  CHECK(Killed(AsRelay([] { return ::socket(AF_INET, SOCK_RAW, 1) < 0; })));
  CHECK(Killed(AsRelay([] { return ::fcntl(0, F_DUPFD, 0) < 0; })));
  CHECK(Killed(AsRelay([] { return ::write(1, "", 0) < 0; })));
  CHECK(Killed(AsRelay([] {
    const int on = 1;
    return ::setsockopt(0, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  })));
  CHECK(Killed(AsRelay([] {
    return ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
           MAP_FAILED;
  })));
}

TEST_CASE("a listed call with its arguments works") {
  CHECK(Succeeded(AsRelay([] { return ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0) < 0; })));
  CHECK(Succeeded(AsRelay([] { return ::write(2, "", 0) < 0; })));
  CHECK(Succeeded(AsRelay([] {
    return ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
           MAP_FAILED;
  })));
}

TEST_CASE("a name that is no system call refuses the whole table") {
  const std::vector<PermittedCall> calls = {{"exit_group"}, {"no_such_call"}};
  CHECK(WEXITSTATUS(InChild([&] { return PermitOnly(calls) ? 1 : 42; })) == 42);
}

TEST_CASE("a name of another architecture is passed over") {
  const std::vector<PermittedCall> calls = {// The last two are for the sanitizers.
                                            {"exit_group"},
                                            {"arm_fadvise64_64"},
                                            {"munmap"},
                                            {"sigaltstack"}};
  CHECK(Succeeded(InChild([&] { return PermitOnly(calls) ? 0 : 1; })));
}

TEST_CASE("root without a user, and a user that is root, are refused") {
  const auto refused = [](const std::optional<HelperUser>& user) {
    return InChild([&] { return GiveUpPrivileges(user, 64) ? 1 : 0; });
  };
  CHECK(Succeeded(refused(std::nullopt)));
  CHECK(Succeeded(refused(HelperUser{0, 65534})));
  CHECK(Succeeded(refused(HelperUser{65534, 0})));
}

TEST_CASE("capabilities that a starter handed on are dropped") {
  CHECK(Succeeded(InChild([]() -> int {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
    if (::syscall(SYS_capget, &header, sets) != 0) return 1;
    // A change of user alone would leave the inheritable set (capabilities(7)).
    sets[0].inheritable = 1U << CAP_CHOWN;
    if (::syscall(SYS_capset, &header, sets) != 0) return 2;
    if (!GiveUpPrivileges(kNobody, 64)) return 3;
    if (::syscall(SYS_capget, &header, sets) != 0) return 4;
    const auto& low = sets[0];
    return (low.inheritable | low.permitted | low.effective) == 0 ? 0 : 5;
  })));
}

TEST_CASE("after giving up there is no process, no file and no way back") {
  CHECK(Succeeded(InChild([] {
    if (!GiveUpPrivileges(kNobody, 64)) return 1;
    if (::setuid(0) == 0 || ::setgid(0) == 0) return 2;
    rlimit limit{};
    for (const auto resource : {RLIMIT_NPROC, RLIMIT_FSIZE, RLIMIT_CORE}) {
      if (::getrlimit(resource, &limit) != 0 || limit.rlim_max != 0) return 3;
    }
    return ::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < 64 ? 4 : 0;
  })));
}

}  // namespace
}  // namespace postern::sandbox
