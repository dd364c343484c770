// SPDX-License-Identifier: BSD-2-Clause
// Version 1, version 2 and a kernel in user's clothes: hierarchies that this machine lacks are
// played by directories. Needs root for the real ones.
#include "sandbox/confine/cgroup.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"
#include "tests/sandbox/confine_fixture.h"
#include "tests/testlib/child.h"
#include "tests/testlib/temp_dir.h"

namespace postern::sandbox {
namespace {

namespace fs = std::filesystem;
using testlib::ContentOf;

void Write(const std::string& path, const std::string& text) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path) << text;
}

const CgroupLimits kAll{1 << 20, 50, 150};

// A machine with version 2 alone; the daemon is in /unit.
class Version2 {
 public:
  explicit Version2(const std::string& own = "/unit",
                    const std::string& controllers = "cpu memory pids\n") {
    Write(directory_ / "mounts",
          "30 23 0:26 / " + directory_.path() + "/cg rw,nosuid shared:4 - cgroup2 cgroup2 rw\n");
    Write(directory_ / "membership", "0::" + own + "\n");
    AddGroup("unit", controllers);
    AddGroup("unit/postern", controllers);
    AddGroup("unit/postern/svc", controllers);
    for (const char* file : {"memory.max", "pids.max", "cpu.max"}) {
      Write(Group("unit/postern/svc") + "/" + file, "");
    }
  }
  void AddGroup(const std::string& name, const std::string& controllers) {
    for (const char* file : {"cgroup.procs", "cgroup.subtree_control"})
      Write(Group(name) + "/" + file, "");
    Write(Group(name) + "/cgroup.controllers", controllers);
  }
  std::string Group(const std::string& name) const { return directory_ / ("cg/" + name); }
  std::string Of(const std::string& file) const { return ContentOf(directory_ / ("cg/" + file)); }
  CgroupSource source() const { return {directory_ / "mounts", directory_ / "membership"}; }

 private:
  testlib::TempDir directory_;
};

TEST_CASE("Mounts of control groups are told from others, with blanks in their paths") {
  const auto mounts = ParseCgroupMounts(
      "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
      "35 31 0:32 /own /sys/fs/c\\040g\\134x rw shared:9 master:1 - cgroup none rw,memory\n"
      "41 31 0:38 / /u rw - cgroup2 cgroup2 rw,nsdelegate\n"
      "broken\n"
      "42 31 0:38 / /cut rw - cgroup2\n");
  REQUIRE(mounts.size() == 2);
  CHECK(mounts[0].path == "/sys/fs/c g\\x");
  CHECK(mounts[0].root == "/own");
  CHECK_FALSE(mounts[0].unified);
  CHECK(mounts[0].controllers == std::vector<std::string>{"rw", "memory"});
  CHECK(mounts[1].path == "/u");
  CHECK(mounts[1].unified);
}

TEST_CASE("A service's id becomes a name that is nothing else") {
  CHECK(CgroupName("ftp-2.data_x") == "ftp-2.data_x");
  CHECK(CgroupName("../../x") == "=2e.=2f..=2fx");
  CHECK(CgroupName(".") == "=2e");
  CHECK(CgroupName("@daemon") == "=40daemon");
  CHECK(CgroupName("a b\n=") == "a=20b=0a=3d");
  CHECK(CgroupName("") == "=");
}

TEST_CASE("Version 2, delegated: controllers are handed on, limits written, the caller placed") {
  const Version2 machine;
  auto cgroup = ServiceCgroup::Make("svc", kAll, machine.source());
  REQUIRE(cgroup);
  REQUIRE(cgroup->SetLimits(kAll));
  REQUIRE(cgroup->EnterSelf());
  CHECK(machine.Of("unit/cgroup.subtree_control").starts_with("+"));
  CHECK(machine.Of("unit/postern/cgroup.subtree_control").starts_with("+"));
  CHECK(machine.Of("unit/postern/svc/memory.max") == "1048576");
  CHECK(machine.Of("unit/postern/svc/pids.max") == "50");
  CHECK(machine.Of("unit/postern/svc/cpu.max") == "150000 100000");
  CHECK(machine.Of("unit/postern/svc/cgroup.procs") == "0");
}

TEST_CASE("Version 2: a daemon that stepped aside still makes its groups beside") {
  Version2 machine("/unit/postern/@daemon");
  machine.AddGroup("unit/postern/@daemon", "");
  CHECK(ServiceCgroup::Make("svc", kAll, machine.source()));
  Version2 before;
  before.AddGroup("unit/postern/@daemon", "");
  REQUIRE(StepAsideInCgroup(before.source()));
  CHECK(before.Of("unit/postern/@daemon/cgroup.procs") == "0");
}

TEST_CASE("Version 2: what the daemon has started steps aside with it, and nobody else") {
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  Version2 machine;
  machine.AddGroup("unit/postern/@daemon", "");
  Write(machine.Group("unit") + "/cgroup.procs", "1\n" + std::to_string(child) + "\n");
  CHECK(StepAsideInCgroup(machine.source()));
  CHECK(machine.Of("unit/postern/@daemon/cgroup.procs") == std::to_string(child));
  Write(machine.Group("unit") + "/cgroup.procs", "1\n");
  Write(machine.Group("unit/postern/@daemon") + "/cgroup.procs", "");
  CHECK(StepAsideInCgroup(machine.source()));
  CHECK(machine.Of("unit/postern/@daemon/cgroup.procs") == "0");
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST_CASE("A controller that is not delegated is an error that names it") {
  const Version2 machine("/unit", "cpu pids\n");
  const auto cgroup = ServiceCgroup::Make("svc", kAll, machine.source());
  REQUIRE_FALSE(cgroup);
  CHECK(cgroup.error().ToString().starts_with("cgroup memory: No such file"));
  CHECK(ServiceCgroup::Make("svc", {std::nullopt, 5, std::nullopt}, machine.source()));
}

TEST_CASE("No control groups at all is an error") {
  testlib::TempDir directory;
  Write(directory / "mounts", "22 27 0:21 / /proc rw,relatime - proc proc rw\n");
  Write(directory / "membership", "");
  const CgroupSource source{directory / "mounts", directory / "membership"};
  CHECK(ServiceCgroup::Make("svc", kAll, source).error().object == "memory");
  CHECK(ServiceCgroup::Make("svc", {}, source));  // needs none
  CHECK(StepAsideInCgroup(source));
}

TEST_CASE("A link in the hierarchy is not followed") {
  const Version2 machine;
  fs::rename(machine.Group("unit/postern/svc"), machine.Group("elsewhere"));
  fs::create_symlink(machine.Group("elsewhere"), machine.Group("unit/postern/svc"));
  CHECK_FALSE(ServiceCgroup::Make("svc", kAll, machine.source()));
}

TEST_CASE("Nor is a link in the place of one of its files") {
  const Version2 machine;
  auto cgroup = ServiceCgroup::Make("svc", kAll, machine.source());
  REQUIRE(cgroup);
  const std::string procs = machine.Group("unit/postern/svc") + "/cgroup.procs";
  fs::remove(procs);
  fs::create_symlink(machine.Group("unit") + "/cgroup.procs", procs);
  CHECK(cgroup->EnterSelf().error().number == ELOOP);
}

TEST_CASE("A limit that reads back as something else is noticed") {
  const Version2 machine;
  auto cgroup = ServiceCgroup::Make("svc", kAll, machine.source());
  REQUIRE(cgroup);
  // A device that forgets what is written, and reads as nothing.
  const std::string file = machine.Group("unit/postern/svc") + "/pids.max";
  fs::remove(file);
  REQUIRE(::mknod(file.c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0);  // /dev/null
  CHECK_FALSE(cgroup->SetLimits(kAll));
}

// The real thing: as this machine has it.
bool HasController(const std::string& name) {
  for (const auto& mount : ParseCgroupMounts(*sys::ReadFile("/proc/self/mountinfo", 1 << 20))) {
    for (const auto& controller : mount.controllers) {
      if (controller == name) return true;
    }
  }
  return false;
}

// This machine's mounts, or those of them that are not of version 2.
std::string Mounts(bool unified) {
  std::ifstream mounts("/proc/self/mountinfo");
  std::string kept;
  for (std::string line; std::getline(mounts, line);) {
    if (unified || line.find(" - cgroup2 ") == std::string::npos) kept += line + "\n";
  }
  return kept;
}

// The first of a small tree, whose children outlive it until `leash` is closed; returns how many of
// twenty it could have.
int Populate(ServiceCgroup& cgroup, const std::string& service, const sys::Pipe& leash) {
  return testlib::StatusOfChild([&] {
    if (!cgroup.EnterSelf()) return 101;
    const auto groups = sys::ReadFile("/proc/self/cgroup", 65536);
    if (!groups || groups->find("/postern/" + service) == std::string::npos) return 102;
    for (int count = 0; count < 20; ++count) {
      const pid_t pid = ::fork();
      if (pid < 0) return count;
      if (pid == 0) {
        char byte = 0;
        sys::UniqueFd(leash.write_end.get()).Reset();  // the test's alone keeps them
        ::_exit(static_cast<int>(::read(leash.read_end.get(), &byte, 1)));
      }
    }
    return 20;
  });
}

TEST_CASE("The real hierarchies: limits hold for all processes, and nothing is left") {
  if (!HasController("memory") || !HasController("pids") || !HasController("cpu")) return;
  testlib::TempDir directory;
  const CgroupSource source{directory / "mounts", "/proc/self/cgroup"};
  SECTION("as they are") { Write(source.mounts, Mounts(true)); }
  SECTION("version 1 alone") { Write(source.mounts, Mounts(false)); }
  const std::string service = "test-" + std::to_string(::getpid());
  const CgroupLimits limits{std::uint64_t{64} << 20, 8, 50};
  auto cgroup = ServiceCgroup::Make(service, limits, source);
  INFO((cgroup ? "" : cgroup.error().ToString()));
  REQUIRE(cgroup);
  REQUIRE(cgroup->SetLimits(limits));
  auto leash = sys::MakePipe(/*nonblocking=*/false);
  REQUIRE(leash);
  CHECK(Populate(*cgroup, service, *leash) == 7);  // of eight tasks, the first is itself
  CHECK(cgroup->Remove().error().number == EBUSY);
  leash->write_end.Reset();
  sys::Status removed;
  for (int i = 0; i < 100 && !(removed = cgroup->Remove()); ++i) ::usleep(10'000);
  CHECK(removed);
}

}  // namespace
}  // namespace postern::sandbox
