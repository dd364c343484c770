// SPDX-License-Identifier: BSD-2-Clause
// Needs root and Landlock; what takes a later ABI is tried where the kernel has it.
#include "sandbox/confine/landlock.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstddef>
#include <filesystem>

#include "sandbox/sys/process.h"
#include "tests/sandbox/confine_fixture.h"
#include "tests/testlib/child.h"
#include "tests/testlib/temp_dir.h"

namespace postern::sandbox {
namespace {

using testlib::StatusOfChild;

int Abi() { return LandlockAbi().value_or(0); }

bool Restrict(const Profile& profile, int abi) {
  const auto ruleset = MakeServiceRuleset(profile, abi);
  return ruleset && sys::SetNoNewPrivileges() && RestrictSelf(*ruleset);
}

int OpenError(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags, 0600);
  return fd < 0 ? errno : 0;
}

Profile Restricting() {
  Profile profile;
  profile.landlock.enabled = profile.landlock.restrict_files = true;
  profile.files.read_only_system = true;
  return profile;
}

TEST_CASE("The kernel has Landlock") { REQUIRE(Abi() >= 1); }

TEST_CASE("With a read-only system, writing is for data only, for root too") {
  testlib::TempDir directory;
  // Each ABI that this kernel can be used as.
  for (int abi = 1; abi <= Abi(); ++abi) {
    INFO(abi);
    const std::string file = directory / ("file" + std::to_string(abi));
    CHECK(StatusOfChild([&] {
            if (!Restrict(Restricting(), abi)) return 1;
            if (OpenError("/etc/passwd", O_RDONLY) != 0) return 2;
            if (OpenError("/etc/passwd", O_RDWR) != EACCES) return 3;
            if (OpenError("/etc/postern-landlock-test", O_WRONLY | O_CREAT) != EACCES) return 4;
            if (OpenError(file, O_RDWR | O_CREAT) != 0) return 5;
            if (OpenError("/dev/null", O_WRONLY | O_TRUNC) != 0) return 6;
            if (::mknod((file + ".dev").c_str(), S_IFCHR | 0600, 0x103) == 0) return 7;
            if (::access("/bin/sh", X_OK) != 0) return 8;
            return 0;
          }) == 0);
  }
}

TEST_CASE("A path given to write may be written, a file as well as a directory") {
  Profile profile = Restricting();
  // Outside data: the build folder's own file system is read-only by this plan.
  const std::string directory = "/usr/postern-landlock-" + std::to_string(::getpid());
  std::filesystem::create_directories(directory + "/in");
  profile.files.read_write_paths = {directory + "/in"};
  const int status = StatusOfChild([&] {
    if (!Restrict(profile, Abi())) return 1;
    if (OpenError(directory + "/in/file", O_RDWR | O_CREAT) != 0) return 2;
    return OpenError(directory + "/file", O_RDWR | O_CREAT) == EACCES ? 0 : 3;
  });
  std::filesystem::remove_all(directory);
  CHECK(status == 0);
}

// A listening socket on loopback, and its port.
struct Listener {
  sys::UniqueFd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  Listener() {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(fd.get(), generic, sizeof address) == 0);
    REQUIRE(::listen(fd.get(), 8) == 0);
    REQUIRE(::getsockname(fd.get(), generic, &size) == 0);
  }
  int ConnectError() const {
    const sys::UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
    return ::connect(client.get(), generic, sizeof address) == 0 ? 0 : errno;
  }
};

TEST_CASE("TCP connects to the ports that are named, and binds nothing") {
  if (Abi() < kLandlockTcpAbi) return;
  const Listener allowed, refused;
  Profile profile;
  profile.landlock.enabled = profile.landlock.restrict_tcp = true;
  profile.landlock.connect_ports = {ntohs(allowed.address.sin_port)};
  CHECK(StatusOfChild([&] {
          if (!Restrict(profile, Abi())) return 1;
          if (allowed.ConnectError() != 0) return 2;
          if (refused.ConnectError() != EACCES) return 3;
          const sys::UniqueFd server(::socket(AF_INET, SOCK_STREAM, 0));
          sockaddr_in any{};
          any.sin_family = AF_INET;
          return ::bind(server.get(), reinterpret_cast<sockaddr*>(&any), sizeof any) == 0 ? 4 : 0;
        }) == 0);
  // Too old for it: the caller has been told by the ABI, and what remains is in force.
  CHECK(StatusOfChild([&] {
          if (!Restrict(profile, kLandlockTcpAbi - 1)) return 1;
          return refused.ConnectError();
        }) == 0);
}

TEST_CASE("A helper opens no file and connects to its own ports, and keeps what it holds") {
  const Listener allowed, refused;
  const std::uint16_t ports[] = {ntohs(allowed.address.sin_port)};
  const sys::UniqueFd held(::open("/etc/passwd", O_RDONLY | O_CLOEXEC));
  for (int abi = 1; abi <= Abi(); ++abi) {
    INFO(abi);
    CHECK(StatusOfChild([&] {
            const auto ruleset = MakeHelperRuleset(ports, abi);
            if (!ruleset || !sys::SetNoNewPrivileges() || !RestrictSelf(*ruleset)) return 1;
            if (OpenError("/etc/passwd", O_RDONLY) != EACCES) return 2;
            if (OpenError("/", O_RDONLY | O_DIRECTORY) != EACCES) return 3;
            char byte = 0;
            if (::pread(held.get(), &byte, 1, 0) != 1) return 4;
            if (allowed.ConnectError() != 0) return 5;
            return refused.ConnectError() == (abi >= kLandlockTcpAbi ? EACCES : 0) ? 0 : 6;
          }) == 0);
  }
}

// Whether a child that is restricted by `ruleset` can do something to another child of its parent.
template <typename Try>
int TriedOnSibling(const sys::UniqueFd& ruleset, const Try& attempt) {
  const pid_t sibling = ::fork();
  if (sibling == 0) {
    ::pause();
    ::_exit(0);
  }
  const int status = StatusOfChild([&] {
    if (!sys::SetNoNewPrivileges() || !RestrictSelf(ruleset)) return 1;
    return attempt(sibling);
  });
  ::kill(sibling, SIGKILL);
  ::waitpid(sibling, nullptr, 0);
  return status;
}

TEST_CASE("An instance can neither trace nor signal its siblings and its parent, being root") {
  const auto ruleset = MakeInstanceRuleset();
  REQUIRE(ruleset);
  CHECK(TriedOnSibling(*ruleset, [](pid_t sibling) {
          if (::ptrace(PTRACE_SEIZE, sibling, 0, 0) == 0) return 2;
          const std::string memory = "/proc/" + std::to_string(sibling) + "/mem";
          return OpenError(memory, O_RDONLY) == EACCES ? 0 : 3;
        }) == 0);
  if (Abi() < kLandlockScopeAbi) return;
  CHECK(TriedOnSibling(*ruleset, [](pid_t sibling) {
          if (::kill(sibling, 0) == 0 || ::kill(::getppid(), 0) == 0) return 2;
          return ::kill(::getpid(), 0) == 0 ? 0 : 3;
        }) == 0);
}

TEST_CASE("The parent of a restricted child can still signal it") {
  const auto ruleset = MakeInstanceRuleset();
  const pid_t child = ::fork();
  if (child == 0) {
    if (!sys::SetNoNewPrivileges() || !RestrictSelf(*ruleset)) ::_exit(1);
    ::pause();
    ::_exit(2);
  }
  ::usleep(50'000);
  CHECK(::kill(child, SIGKILL) == 0);
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
}

TEST_CASE("An abstract socket outside is out of reach") {
  if (Abi() < kLandlockScopeAbi) return;
  const sys::UniqueFd server(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = "postern-test-" + std::to_string(::getpid());
  name.copy(address.sun_path + 1, name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  REQUIRE(::bind(server.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(server.get(), 4) == 0);
  const auto connect_error = [&] {
    const sys::UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return ::connect(client.get(), reinterpret_cast<sockaddr*>(&address), size) == 0 ? 0 : errno;
  };
  CHECK(StatusOfChild(connect_error) == 0);
  CHECK(StatusOfChild([&] {
          Profile profile;
          profile.landlock = {true, false, false, {}, true};
          return Restrict(profile, Abi()) ? connect_error() : 255;
        }) == EPERM);
}

TEST_CASE("A path to write that leads through a user's link makes no ruleset") {
  testlib::TempDir directory;
  std::filesystem::create_symlink("/etc", directory / "link");
  Profile profile = Restricting();
  profile.files.read_write_paths = {directory / "link"};
  // The temporary directory is for all to write.
  const auto ruleset = MakeServiceRuleset(profile, Abi());
  REQUIRE_FALSE(ruleset);
  CHECK(ruleset.error().number == ELOOP);
}

}  // namespace
}  // namespace postern::sandbox
