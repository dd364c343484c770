// SPDX-License-Identifier: BSD-2-Clause
// What /proc tells of a child whose properties are known. Needs root.
#include "sandbox/inspect/process_folder.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>

#include "sandbox/sys/process.h"
#include "tests/testlib/install_filter.h"
#include "tests/testlib/temp_dir.h"

namespace postern::sandbox {
namespace {

// A child that has changed itself and waits.
class Changed {
 public:
  explicit Changed(const std::function<bool()>& change) {
    auto pipe = sys::MakePipe(/*nonblocking=*/false);
    REQUIRE(pipe);
    pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const char word = change() ? 'y' : 'n';
      if (::write(pipe->write_end.get(), &word, 1) != 1) ::_exit(1);
      for (;;) ::pause();
    }
    pipe->write_end.Reset();
    char word = 0;
    REQUIRE(::read(pipe->read_end.get(), &word, 1) == 1);
    REQUIRE(word == 'y');
  }
  ~Changed() { End(); }
  void End() {
    if (pid == 0) return;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    pid = 0;
  }
  pid_t pid = 0;
};

ProcessFolder FolderOf(pid_t pid) {
  auto folder = ProcessFolder::Open(pid);
  REQUIRE(folder);
  return std::move(*folder);
}

TEST_CASE("What a process has set for itself is what its folder says") {
  const Changed child([] {
    const rlimit none{0, 0};
    ::umask(027);
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::setrlimit(RLIMIT_CORE, &none) == 0 &&
           ::unshare(CLONE_NEWUTS) == 0 && ::setgid(7) == 0 && ::setuid(8) == 0;
  });
  const ProcessFolder folder = FolderOf(child.pid);
  const auto status = folder.Status();
  REQUIRE(status);
  CHECK(status->uids == std::vector<std::uint32_t>(4, 8));
  CHECK(status->gids == std::vector<std::uint32_t>(4, 7));
  CHECK(status->no_new_privileges);
  CHECK(status->umask == 027U);
  CHECK(folder.CoreLimit() == 0U);
  CHECK(folder.OomScoreAdjustment() == FolderOf(::getpid()).OomScoreAdjustment().value());
  const auto own = FolderOf(::getpid()).Namespaces(), its = folder.Namespaces();
  REQUIRE((own && its));
  for (const Namespace kind : kAllNamespaces) {
    CHECK((own->of(kind) == its->of(kind)) == (kind != Namespace::kUts));
  }
  CHECK(folder.Program() == FolderOf(::getpid()).Program().value());
  CHECK(folder.Arguments() == FolderOf(::getpid()).Arguments().value());
}

TEST_CASE("An unlimited core file is one") {
  const Changed child([] {
    const rlimit any{RLIM_INFINITY, RLIM_INFINITY};
    return ::setrlimit(RLIMIT_CORE, &any) == 0;
  });
  CHECK(FolderOf(child.pid).CoreLimit() == sys::kUnlimited);
}

TEST_CASE("A program that was replaced keeps its name") {
  const testlib::TempDir folder;
  const std::string program = folder.path() + "/sleeper";
  REQUIRE(std::filesystem::copy_file("/bin/sleep", program));
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execl(program.c_str(), "sleeper", "60", nullptr);
    ::_exit(127);
  }
  const ProcessFolder process = FolderOf(pid);
  const std::vector<std::string> words = {"sleeper", "60"};
  // The words come last of what execve(2) changes.
  for (int i = 0; i < 2000 && process.Arguments() != words; ++i) ::usleep(10'000);
  CHECK(process.Program() == program);
  CHECK(process.Arguments() == words);
  REQUIRE(::unlink(program.c_str()) == 0);
  CHECK(process.Program() == program);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

TEST_CASE("A folder outlives its process, and then tells nothing") {
  Changed child([] { return true; });
  const ProcessFolder folder = FolderOf(child.pid);
  REQUIRE(folder.Status());
  child.End();
  CHECK_FALSE(folder.Status());
  CHECK_FALSE(folder.Namespaces());
  CHECK_FALSE(folder.Root());
  CHECK_FALSE(ProcessFolder::Open(0x7fffffff));
}

TEST_CASE("A filter is awaited until it is there, and not for ever") {
  const FilterProgram allow = {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
  const Changed child([&allow] { return testlib::InstallFilter(allow); });
  const ProcessFolder folder = FolderOf(child.pid);
  const auto there = AwaitFilter(folder, 0, sys::Deadline(std::chrono::seconds(20)));
  REQUIRE(there);
  CHECK(there->seccomp_filters == 1);
  const auto more = AwaitFilter(folder, 1, sys::Deadline(std::chrono::milliseconds(20)));
  REQUIRE_FALSE(more);
  CHECK(more.error().number == ETIMEDOUT);
}

TEST_CASE("A path is absent, the host's, or its own; and writable or not") {
  const testlib::TempDir folder;
  REQUIRE(::mkdir((folder.path() + "/usr").c_str(), 0755) == 0);
  REQUIRE(::symlink("/usr", (folder.path() + "/link").c_str()) == 0);
  const Changed child([&folder] {
    const std::string usr = folder.path() + "/usr";
    return ::unshare(CLONE_NEWNS) == 0 &&
           ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mount("/usr", usr.c_str(), nullptr, MS_BIND, nullptr) == 0 &&
           ::mount(nullptr, usr.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) == 0 &&
           ::chroot(folder.path().c_str()) == 0;
  });
  const auto root = FolderOf(child.pid).Root(), host = FolderOf(::getpid()).Root();
  REQUIRE((root && host));
  const auto look = [&](const char* path) {
    const auto sight = LookAt(*root, *host, path);
    REQUIRE(sight);
    return *sight;
  };
  CHECK_FALSE(look("etc").present);
  CHECK_FALSE(look("usr/bin/no/such").present);
  const FileSight usr = look("usr");
  CHECK((usr.present && usr.same && !usr.writable));
  // The link leads to /usr inside of that root, which is the host's by now.
  CHECK((look("link").present && !look("link").writable));
  const FileSight slash = look("/");
  CHECK((slash.present && !slash.same && slash.writable));
}

}  // namespace
}  // namespace postern::sandbox
