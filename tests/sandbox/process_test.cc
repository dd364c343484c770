// SPDX-License-Identifier: BSD-2-Clause
// What changes the process itself is tried in a child. Needs root where the user changes.
#include "sandbox/sys/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "sandbox/confine/credentials.h"
#include "sandbox/sys/files.h"
#include "tests/testlib/child.h"

namespace postern::sandbox::sys {
namespace {

using testlib::StatusOfChild;

bool EndsWithin(const UniqueFd& pidfd, int ms) {
  pollfd wait{pidfd.get(), POLLIN, 0};
  return ::poll(&wait, 1, ms) == 1;
}

ino_t InodeOf(int fd) {
  struct stat status{};
  return ::fstat(fd, &status) == 0 ? status.st_ino : 0;
}

TEST_CASE("A running child is not reaped, an ended one once, with its status") {
  const auto gate = MakePipe(false);
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    char byte = 0;
    ::_exit(::read(gate->read_end.get(), &byte, 1) == 1 ? 42 : 1);
  }
  const auto pidfd = OpenPidfd(pid);
  REQUIRE(pidfd);
  CHECK(::fcntl(pidfd->get(), F_GETFD) == FD_CLOEXEC);
  auto reaped = ReapPidfd(*pidfd);
  REQUIRE(reaped);
  CHECK_FALSE(reaped->has_value());
  REQUIRE(WriteAll(gate->write_end, "x"));
  REQUIRE(EndsWithin(*pidfd, 5000));
  reaped = ReapPidfd(*pidfd);
  REQUIRE(reaped);
  REQUIRE(reaped->has_value());
  CHECK((*reaped)->status == 42);
  CHECK_FALSE((*reaped)->signal);
  CHECK(ReapPidfd(*pidfd).error().number == ECHILD);
}

TEST_CASE("A child ended by a signal is told apart from one that exited") {
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    for (;;) ::pause();
  }
  const auto pidfd = OpenPidfd(pid);
  REQUIRE(SignalPidfd(*pidfd, SIGKILL));
  REQUIRE(EndsWithin(*pidfd, 5000));
  const auto reaped = ReapPidfd(*pidfd);
  REQUIRE(reaped->has_value());
  CHECK((*reaped)->signal == SIGKILL);
  CHECK_FALSE((*reaped)->status);
  CHECK(SignalPidfd(*pidfd, SIGKILL).error().number == ESRCH);
  CHECK(OpenPidfd(-1).error().number == EINVAL);
}

TEST_CASE("A child that is stopped is told apart from one that runs or has ended") {
  const pid_t child = ::fork();
  if (child == 0) {
    for (;;) ::pause();
  }
  const UniqueFd pidfd = OpenPidfd(child).value();
  CHECK(IsStopped(pidfd) == false);
  for (int round = 0; round < 2; ++round) {
    REQUIRE(SignalPidfd(pidfd, SIGSTOP));
    siginfo_t info{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(child), &info, WSTOPPED | WNOWAIT) == 0);
    CHECK(IsStopped(pidfd) == true);
    CHECK(IsStopped(pidfd) == true);
    REQUIRE(SignalPidfd(pidfd, SIGCONT));
    CHECK(IsStopped(pidfd) == false);
  }
  REQUIRE(SignalPidfd(pidfd, SIGKILL));
  REQUIRE(AwaitPidfd(pidfd));
  CHECK_FALSE(IsStopped(pidfd));
}

TEST_CASE("Missing standard descriptors are put on /dev/null, the others left alone") {
  CHECK(StatusOfChild([] {
          const ino_t error = InodeOf(2);
          ::close(0);
          ::close(1);
          const auto before = testlib::OpenDescriptors();
          if (!EnsureStandardDescriptors()) return 1;
          const ino_t null = std::filesystem::exists("/dev/null") ? InodeOf(0) : 0;
          if (null == 0 || InodeOf(1) != null || InodeOf(2) != error) return 2;
          return testlib::OpenDescriptors().size() == before.size() + 2 ? 0 : 3;
        }) == 0);
}

TEST_CASE("Everything from a number on is closed, nothing below") {
  CHECK(StatusOfChild([] {
          for (const int fd : {5, 6, 200}) {
            if (::dup2(0, fd) != fd) return 1;
          }
          if (!CloseFrom(6)) return 2;
          const auto open = testlib::OpenDescriptors();
          return open.contains(5) && *open.rbegin() == 5 ? 0 : 3;
        }) == 0);
}

// Three sockets from number `first` on, among descriptors that nobody asked for; then KeepOnly.
int KeepThree(int first, int floor) {
  if (!CloseFrom(3)) return 1;
  ino_t inodes[3];
  for (int i = 0; i < 3; ++i) {
    int ends[2];
    if (::pipe(ends) != 0) return 2;
    const int high = ::fcntl(ends[0], F_DUPFD, 500 + i);
    ::close(ends[0]);
    ::close(ends[1]);
    inodes[i] = InodeOf(high);
  }
  for (int i = 0; i < 3; ++i) {
    if (::dup2(500 + i, first + i) != first + i) return 3;
  }
  if (::dup2(0, 700) != 700 || ::dup2(0, first + 3) != first + 3) return 4;
  const auto kept = KeepOnly(first, 3, floor);
  if (!kept || kept->size() != 3) return 5;
  std::set<int> expected = {0, 1, 2};
  for (std::size_t i = 0; i < 3; ++i) {
    const int fd = (*kept)[i].get();
    if (fd < floor || InodeOf(fd) != inodes[i]) return 6;
    if (::fcntl(fd, F_GETFD) != FD_CLOEXEC) return 7;
    expected.insert(fd);
  }
  return testlib::OpenDescriptors() == expected ? 0 : 8;
}

TEST_CASE("Of the inherited descriptors only those asked for are kept, moved up") {
  CHECK(StatusOfChild([] { return KeepThree(3, 28); }) == 0);
  CHECK(StatusOfChild([] { return KeepThree(30, 28); }) == 0);  // they lie across the floor
}

// systemd's default for the soft limit (systemd.exec(5), LimitNOFILE=).
TEST_CASE("Inherited descriptors are kept under the customary limit of 1024") {
  CHECK(StatusOfChild([] {
          const rlimit customary{1024, 1024};
          if (::setrlimit(RLIMIT_NOFILE, &customary) != 0) return 100;
          return KeepThree(3, 28);
        }) == 0);
}

TEST_CASE("Without inherited descriptors everything above 2 is closed") {
  CHECK(StatusOfChild([] {
          if (::dup2(0, 300) != 300) return 1;
          const auto kept = KeepOnly(3, 0, 28);
          if (!kept || !kept->empty()) return 2;
          return testlib::OpenDescriptors() == std::set<int>{0, 1, 2} ? 0 : 3;
        }) == 0);
}

TEST_CASE("An inherited descriptor that is not there is an error") {
  CHECK(StatusOfChild([] {
          if (!CloseFrom(3) || ::dup2(0, 3) != 3) return 1;
          const auto kept = KeepOnly(3, 2, 28);
          return !kept && kept.error().number == EBADF ? 0 : 2;
        }) == 0);
  CHECK(StatusOfChild([] {
          // Not even when the first lands on the number of the missing one.
          if (!CloseFrom(3) || ::dup2(0, 3) != 3) return 1;
          return KeepOnly(3, 40, 10) ? 2 : 0;
        }) == 0);
}

TEST_CASE("A standard descriptor can be pointed at /dev/null") {
  CHECK(StatusOfChild([] {
          if (!PointAtDevNull(1)) return 1;
          const UniqueFd null(::open("/dev/null", O_RDWR));
          if (InodeOf(1) != InodeOf(null.get())) return 2;
          return (::fcntl(1, F_GETFD) & FD_CLOEXEC) == 0 ? 0 : 3;
        }) == 0);
}

TEST_CASE("Inspection, new privileges and outliving the parent are given up") {
  CHECK(StatusOfChild([] {
          if (!ForbidInspection() || ::prctl(PR_GET_DUMPABLE) != 0) return 1;
          if (!SetNoNewPrivileges() || ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return 2;
          int signal = 0;
          if (!SetParentDeathSignal(SIGTERM)) return 3;
          if (::prctl(PR_GET_PDEATHSIG, &signal) != 0 || signal != SIGTERM) return 4;
          return SetParentDeathSignal(1000) ? 5 : 0;
        }) == 0);
  CHECK(SuidDumpable() == std::stoi(ReadFile("/proc/sys/fs/suid_dumpable", 16).value()));
}

TEST_CASE("The limit of open files is raised as far as allowed and never lowered") {
  CHECK(StatusOfChild([] {
          const rlimit low{100, 200};
          if (::setrlimit(RLIMIT_NOFILE, &low) != 0) return 1;
          if (OpenFilesLimit() != 100 || OpenFilesHardLimit() != 200) return 2;
          if (!RaiseOpenFilesLimit(50) || OpenFilesLimit() != 100) return 3;
          if (!BecomeUser({true, 65534, 65534, {}})) return 4;
          if (!RaiseOpenFilesLimit(1000) || OpenFilesLimit() != 200) return 5;
          if (OpenFilesHardLimit() != 200) return 6;
          return 0;
        }) == 0);
}

TEST_CASE("Asking for the umask does not change it") {
  CHECK(StatusOfChild([] {
          SetUmask(027);
          if (OwnUmask() != 027 || OwnUmask() != 027) return 1;
          SetUmask(0);
          return OwnUmask() == 0 ? 0 : 2;
        }) == 0);
}

TEST_CASE("Priority, directory and session are the process's own") {
  CHECK(StatusOfChild([] {
          if (::setpriority(PRIO_PROCESS, 0, 5) != 0 || OwnPriority() != 5) return 1;
          if (!ChangeDirectory("/usr") || CurrentDirectory().value() != "/usr") return 2;
          if (ChangeDirectory("/nonexistent")) return 3;
          if (!StartSession() || ::getsid(0) != OwnPid()) return 4;
          return StartSession() ? 5 : 0;  // a group leader cannot (setsid(2))
        }) == 0);
}

TEST_CASE("Both sides of a fork know which they are") {
  const auto forked = Fork();
  REQUIRE(forked);
  if (forked->side == Side::kChild) ExitNow(7);
  const auto pidfd = OpenPidfd(forked->child);
  REQUIRE(EndsWithin(*pidfd, 5000));
  CHECK((*ReapPidfd(*pidfd))->status == 7);
}

TEST_CASE("A pipe is not passed on, and blocks only when asked to") {
  for (const bool nonblocking : {true, false}) {
    const auto pipe = MakePipe(nonblocking);
    REQUIRE(pipe);
    for (const auto* end : {&pipe->read_end, &pipe->write_end}) {
      CHECK(::fcntl(end->get(), F_GETFD) == FD_CLOEXEC);
      CHECK(((::fcntl(end->get(), F_GETFL) & O_NONBLOCK) != 0) == nonblocking);
    }
  }
}

TEST_CASE("The usable processors are those of the affinity") {
  cpu_set_t all;
  REQUIRE(::sched_getaffinity(0, sizeof all, &all) == 0);
  CHECK(UsableProcessors() == static_cast<std::size_t>(CPU_COUNT(&all)));
  CHECK(StatusOfChild([&all] {
          cpu_set_t one;
          CPU_ZERO(&one);
          int first = 0;
          while (!CPU_ISSET(static_cast<std::size_t>(first), &all)) ++first;
          CPU_SET(static_cast<std::size_t>(first), &one);
          if (::sched_setaffinity(0, sizeof one, &one) != 0) return 99;
          return static_cast<int>(UsableProcessors());
        }) == 1);
}

}  // namespace
}  // namespace postern::sandbox::sys
