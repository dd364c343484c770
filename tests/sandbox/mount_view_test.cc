// SPDX-License-Identifier: BSD-2-Clause
// Each case looks at its view from inside, in a child with mount and pid namespaces of its own.
// Needs root.
#include "sandbox/confine/mount_view.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "sandbox/confine/cgroup_mounts.h"
#include "sandbox/confine/mount_calls.h"
#include "sandbox/sys/files.h"
#include "tests/sandbox/confine_fixture.h"
#include "tests/testlib/temp_dir.h"

namespace postern::sandbox {
namespace {

namespace fs = std::filesystem;

// 0, or the errno of opening.
int OpenError(const std::string& path, int flags) {
  const sys::UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  return fd ? 0 : errno;
}
int WriteError(const std::string& path) { return OpenError(path, O_WRONLY | O_CREAT); }

std::string Name(int error) { return error == 0 ? "ok" : ::strerrorname_np(error); }

// "/etc/x EROFS\n" for each path.
void TellWriting(std::string& told, std::initializer_list<std::string> paths) {
  for (const std::string& path : paths) told += path + " " + Name(WriteError(path)) + "\n";
}

// Names in a directory, sorted.
std::string Listing(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    names.push_back(entry.path().filename());
  }
  std::ranges::sort(names);
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : " ") + name;
  return error ? error.message() : list;
}

// Runs `int body(std::string& told)` in the view; 111 and the reason when there is none.
template <typename Body>
Outcome InView(const FileView& files, const Body& body, std::vector<ProgramToRun> programs = {}) {
  return InChildWith(CLONE_NEWPID | CLONE_NEWNS, [&](std::string& told) {
    const sys::Status built = BuildView({files, programs, true, true});
    if (!built) {
      told = built.error().ToString();
      return kNotEntered;
    }
    return body(told);
  });
}

FileView ReadOnlySystem() {
  FileView files;
  files.read_only_system = true;
  return files;
}

TEST_CASE("A read-only system leaves data as it was") {
  testlib::TempDir data;
  const std::string name = "/postern-view-" + std::to_string(::getpid());
  const Outcome outcome = InView(ReadOnlySystem(), [&](std::string& told) {
    for (const char* system : {"/etc", "/usr", "/root", "/boot", "/usr/bin", "", "/sys"}) {
      if (WriteError(system + name) != EROFS) told += std::string(system) + " is writable\n";
    }
    for (const char* kind : {"/var", "/run", "/mnt", "/srv", "/home", "/opt", "/media"}) {
      const std::string file = kind + name;
      if (::access(kind, F_OK) != 0) continue;
      if (WriteError(file) != 0) told += file + " cannot be written\n";
      ::unlink(file.c_str());
    }
    if (WriteError(data / "file") != 0) told += "no temporary file\n";
    if (OpenError("/dev/null", O_RDWR) != 0) told += "no /dev/null\n";
    return 0;
  });
  CHECK(outcome.told == "");
  CHECK(outcome.status == 0);
  CHECK(fs::exists(data / "file"));
}

TEST_CASE("Nothing of it is seen outside") {
  FileView files = ReadOnlySystem();
  files.private_tmp = files.private_dev = true;
  const std::string before = *sys::ReadFile("/proc/self/mountinfo", 1 << 20);
  CHECK(InView(files, [](std::string&) { return 0; }).status == 0);
  CHECK(*sys::ReadFile("/proc/self/mountinfo", 1 << 20) == before);
}

TEST_CASE("Paths nest: writable in read-only and read-only in writable") {
  testlib::TempDir directory;
  fs::create_directories(directory / "sealed/open/sealed");
  FileView files;
  files.read_only_paths = {directory / "sealed", directory / "sealed/open/sealed"};
  files.read_write_paths = {directory / "sealed/open"};
  const Outcome outcome = InView(files, [&](std::string& told) {
    TellWriting(told, {directory / "x", directory / "sealed/x", directory / "sealed/open/x",
                       directory / "sealed/open/sealed/x"});
    return 0;
  });
  CHECK(outcome.told == (directory / "x ok\n") + (directory / "sealed/x EROFS\n") +
                            (directory / "sealed/open/x ok\n") +
                            (directory / "sealed/open/sealed/x EROFS\n"));
}

TEST_CASE("A writable path opens a hole in a read-only system, and read-only wins over it") {
  const std::string directory = "/usr/postern-view-" + std::to_string(::getpid());
  fs::create_directories(directory + "/open");
  fs::create_directories(directory + "/both");
  FileView files = ReadOnlySystem();
  files.read_write_paths = {directory + "/open", directory + "/both"};
  files.read_only_paths = {directory + "/both"};
  const Outcome outcome = InView(files, [&](std::string& told) {
    TellWriting(told, {directory + "/x", directory + "/open/x", directory + "/both/x"});
    return 0;
  });
  fs::remove_all(directory);
  CHECK(outcome.told ==
        directory + "/x EROFS\n" + directory + "/open/x ok\n" + directory + "/both/x EROFS\n");
}

TEST_CASE("What was read-only on the host stays so, and devices are none") {
  testlib::TempDir directory;
  fs::create_directories(directory / "ro");
  const Outcome outcome = InChildWith(CLONE_NEWPID | CLONE_NEWNS, [&](std::string& told) {
    if (!KeepMountsToOurselves()) return 1;
    if (::mount("none", (directory / "ro").c_str(), "tmpfs", MS_RDONLY, nullptr) != 0) return 2;
    FileView files = ReadOnlySystem();
    files.read_write_paths = {directory.path()};
    if (!BuildView({files, {}, true, true})) return 3;
    TellWriting(told, {directory / "ro/x"});
    const std::string node = directory / "node";
    if (::mknod(node.c_str(), S_IFCHR | 0666, makedev(1, 3)) != 0) return 4;
    told += Name(OpenError(node, O_RDONLY));
    return 0;
  });
  CHECK(outcome.told == (directory / "ro/x EROFS\n") + "EACCES");
  CHECK(outcome.status == 0);
}

TEST_CASE("Private temporary files are empty, writable for all, and gone afterwards") {
  testlib::TempDir directory;
  const std::string name = "postern-view-" + std::to_string(::getpid());
  FileView files;
  files.private_tmp = true;
  const Outcome outcome = InView(files, [&](std::string& told) {
    told = Listing("/tmp") + Listing("/var/tmp");
    struct stat status{};
    if (::stat("/tmp", &status) != 0 || (status.st_mode & 07777) != 01777) return 1;
    return WriteError("/tmp/" + name) == 0 && WriteError("/var/tmp/" + name) == 0 ? 0 : 2;
  });
  CHECK(outcome.told == "");
  CHECK(outcome.status == 0);
  CHECK_FALSE(fs::exists("/tmp/" + name));
  CHECK_FALSE(fs::exists("/var/tmp/" + name));
}

TEST_CASE("A listed path below a private directory is shown in it") {
  testlib::TempDir directory;
  std::ofstream(directory / "file") << "seen";
  FileView files;
  files.private_tmp = true;
  files.read_write_paths = {directory / "file"};
  const Outcome outcome = InView(files, [&](std::string& told) {
    told = testlib::ContentOf(directory / "file") + " " + Listing(directory.path());
    return 0;
  });
  CHECK(outcome.told == "seen file");
}

// On its own and with every kind of root.
TEST_CASE("A private /dev has harmless devices, and terminals and memory of its own") {
  FileView files;
  files.private_dev = true;
  SECTION("alone") {}
  SECTION("in a read-only system") { files.read_only_system = true; }
  SECTION("in a minimal root") { files.minimal = true; }
  SECTION("in a directory") {
    files.root = "/";
    files.read_only_system = true;
  }
  const Outcome outcome = InView(files, [](std::string& told) {
    told = Listing("/dev") + "|" + Listing("/dev/pts") + "|" + Listing("/dev/shm");
    for (const char* device : {"null", "zero", "full", "random", "urandom"}) {
      if (OpenError(std::string("/dev/") + device, O_RDWR) != 0) return 1;
    }
    if (WriteError("/dev/x") != EROFS || WriteError("/dev/shm/x") != 0) return 2;
    return OpenError("/dev/ptmx", O_RDWR | O_NOCTTY);
  });
  const std::string log = fs::exists("/dev/log") ? " log" : "";
  CHECK(outcome.told ==
        "fd full" + log + " null ptmx pts random shm stderr stdin stdout tty urandom zero|ptmx|");
  CHECK(outcome.status == 0);
}

TEST_CASE("/proc is of the new namespace, and the kernel's parameters are not to be written") {
  const Outcome outcome = InView(ReadOnlySystem(), [](std::string& told) {
    std::string numbers;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      const std::string name = entry.path().filename();
      if (name.find_first_not_of("0123456789") == std::string::npos) numbers += name + " ";
    }
    told = numbers;
    told += Name(OpenError("/proc/sys/kernel/hostname", O_WRONLY)) + " ";
    told += Name(OpenError("/proc/irq/default_smp_affinity", O_WRONLY)) + " ";
    told += Name(OpenError("/proc/self/oom_score_adj", O_WRONLY));
    return 0;
  });
  CHECK(outcome.told == "1 EROFS EROFS ok");
}

TEST_CASE("Other users' processes are not to be seen in it") {
  const Outcome outcome = InView(ReadOnlySystem(), [](std::string&) {
    const pid_t other = ::fork();
    if (other == 0) {
      if (::setuid(kNobody) != 0) ::_exit(1);
      const bool hidden = ::access("/proc/1", F_OK) != 0 && ::access("/proc/self", F_OK) == 0;
      ::_exit(hidden ? 0 : 2);
    }
    int status = 0;
    ::waitpid(other, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
  });
  CHECK(outcome.status == 0);
}

TEST_CASE("Hidden paths are empty, files and directories, for root too") {
  testlib::TempDir directory;
  fs::create_directories(directory / "dir/inner");
  std::ofstream(directory / "file") << "secret";
  FileView files;
  files.hidden_paths = {directory / "dir", directory / "file", directory / "dir/inner"};
  const Outcome outcome = InView(files, [&](std::string& told) {
    told = Listing(directory / "dir") + "|" + Name(OpenError(directory / "file", O_RDONLY)) + "|" +
           Name(OpenError(directory / "file", O_WRONLY)) + "|" +
           Name(WriteError(directory / "dir/x"));
    return 0;
  });
  CHECK(outcome.told == "|EACCES|EACCES|EROFS");
}

TEST_CASE("A listed path that is not there is an error that names it") {
  for (auto list :
       {&FileView::read_only_paths, &FileView::read_write_paths, &FileView::hidden_paths}) {
    FileView files;
    files.*list = {"/usr/bin", "/nowhere/at/all"};
    const Outcome outcome = InView(files, [](std::string&) { return 0; });
    CHECK(outcome.status == kNotEntered);
    CHECK(outcome.told.find("/nowhere/at/all: No such file") != std::string::npos);
  }
  FileView files;
  files.root = "/nowhere";
  CHECK(InView(files, [](std::string&) { return 0; }).status == kNotEntered);
  files.root = "/etc/passwd";
  CHECK(InView(files, [](std::string&) { return 0; }).status == kNotEntered);
}

TEST_CASE("The root itself is no path to list") {
  for (auto list :
       {&FileView::read_only_paths, &FileView::read_write_paths, &FileView::hidden_paths}) {
    FileView files;
    files.*list = {"/usr/.."};
    CHECK(InView(files, [](std::string&) { return 0; }).status == kNotEntered);
  }
}

TEST_CASE("Nor is /proc, which is the view's own") {
  for (auto list : {&FileView::read_only_paths, &FileView::read_write_paths}) {
    for (const char* path : {"/proc", "/proc/sys", "/usr/../proc/1"}) {
      FileView files;
      files.*list = {path};
      CHECK(InView(files, [](std::string&) { return 0; }).status == kNotEntered);
    }
  }
}

TEST_CASE("A minimal root has what programs need and no more") {
  FileView files;
  files.minimal = files.private_tmp = true;
  const Outcome outcome = InView(files, [](std::string& told) {
    for (const char* missing : {"/root", "/home", "/boot", "/sys", "/etc/shadow", "/srv", "/mnt"}) {
      if (::access(missing, F_OK) == 0) told += std::string(missing) + " is there\n";
    }
    for (const char* present : {"/usr/bin", "/etc/passwd", "/bin/sh", "/proc/self", "/dev/null"}) {
      if (::access(present, F_OK) != 0) told += std::string(present) + " is missing\n";
    }
    for (const char* sealed : {"/x", "/usr/x", "/etc/x", "/var/x", "/dev/x", "/run/x"}) {
      if (WriteError(sealed) != EROFS) told += std::string(sealed) + " can be written\n";
    }
    if (WriteError("/tmp/x") != 0) told += "no temporary files\n";
    char* argv[] = {const_cast<char*>("sh"), const_cast<char*>("-c"),
                    const_cast<char*>("test $(id -u) = 0"), nullptr};
    const pid_t pid = ::fork();
    if (pid == 0) ::execv("/bin/sh", argv);
    int status = 0;
    ::waitpid(pid, &status, 0);
    return status;
  });
  CHECK(outcome.told == "");
  CHECK(outcome.status == 0);
}

TEST_CASE("A minimal root shows listed paths and the service's programs") {
  testlib::TempDir directory;
  fs::permissions(directory.path(), fs::perms(0755));
  fs::create_directories(directory / "data");
  fs::create_directories(directory / "config");
  std::ofstream(directory / "program") << "#!/bin/sh\n";
  std::ofstream(directory / "neighbour") << "secret";
  FileView files;
  files.minimal = true;
  files.read_write_paths = {directory / "data"};
  files.read_only_paths = {directory / "config"};
  ProgramToRun program;
  program.path = directory / "program";
  const Outcome outcome = InView(
      files,
      [&](std::string& told) {
        told = Listing(directory.path()) + "\n";
        TellWriting(told, {directory / "data/x", directory / "config/x", directory / "program"});
        return 0;
      },
      {program});
  CHECK(outcome.told == "config data program\n" + (directory / "data/x ok\n") +
                            (directory / "config/x EROFS\n") + (directory / "program EROFS\n"));
}

TEST_CASE("A directory as the root: nothing else is there, and its own paths are found inside") {
  testlib::TempDir directory;
  for (const char* path : {"jail/pub", "jail/in", "jail/proc", "jail/usr", "outside"}) {
    fs::create_directories(directory / path);
  }
  FileView files;
  files.root = directory / "jail";
  files.read_only_paths = {directory / "jail/pub", "/usr"};
  const Outcome outcome = InView(files, [&](std::string& told) {
    told = Listing("/") + "\n" + fs::current_path().string() + "\n";
    TellWriting(told, {"/x", "/pub/x", "/in/x", "/usr/x"});
    told += Name(OpenError("/usr/bin", O_RDONLY)) + Name(OpenError("/../../outside", O_RDONLY));
    return ::access("/proc/self/status", R_OK) == 0 ? 0 : 1;
  });
  CHECK(outcome.told ==
        "in proc pub usr\n/\n/x ok\n/pub/x EROFS\n/in/x ok\n/usr/x EROFS\nokENOENT");
  CHECK(outcome.status == 0);
}

TEST_CASE("In a foreign root, a path from outside needs a place to be put on") {
  testlib::TempDir directory;
  fs::create_directories(directory / "jail");
  FileView files;
  files.root = directory / "jail";
  files.read_only_paths = {"/usr/bin"};
  const Outcome outcome = InView(files, [](std::string&) { return 0; });
  CHECK(outcome.status == kNotEntered);
  CHECK(outcome.told.find("/usr/bin: No such file") != std::string::npos);
  CHECK(fs::is_empty(directory / "jail"));
}

TEST_CASE("A root that belongs to a user cannot send mounts elsewhere") {
  testlib::TempDir directory;
  fs::create_directories(directory / "jail");
  fs::create_directories(directory / "target");
  fs::create_symlink(directory / "target", directory / "jail/proc");
  REQUIRE(::chown((directory / "jail").c_str(), kServiceUser, kServiceGroup) == 0);
  FileView files;
  files.root = directory / "jail";
  CHECK(InView(files, [](std::string&) { return 0; }).told.find("/proc: Too many") !=
        std::string::npos);
}

TEST_CASE("No control group can be written, whatever the view is") {
  const auto mounts = ParseCgroupMounts(*sys::ReadFile("/proc/self/mountinfo", 1 << 20));
  const std::string name = "/postern-view-" + std::to_string(::getpid());
  for (const FileView& files : {FileView{}, ReadOnlySystem()}) {
    const Outcome outcome = InView(files, [&](std::string& told) {
      for (const auto& mount : mounts) {
        if (::access(mount.path.c_str(), F_OK) != 0) continue;
        const std::string group = mount.path + name;
        const int error = ::mkdir(group.c_str(), 0755) == 0 ? 0 : errno;
        ::rmdir(group.c_str());
        if (error != EROFS) told += mount.path + " " + Name(error) + "\n";
      }
      return 0;
    });
    CHECK(outcome.told == "");
    CHECK(outcome.status == 0);
  }
}

// A chroot as administrators make them, in a view whose places are told by `look`.
template <typename Look>
Outcome BesideChroot(FileView files, const std::string& chroot, bool fresh_proc, const Look& look) {
  return InChildWith(CLONE_NEWPID | CLONE_NEWNS, [&](std::string& told) {
    if (!KeepMountsToOurselves()) return 1;
    if (::mount("proc", (chroot + "/proc").c_str(), "proc", 0, nullptr) != 0) return 2;
    if (::mount("sysfs", (chroot + "/sys").c_str(), "sysfs", 0, nullptr) != 0) return 3;
    const sys::Status built = BuildView({files, {}, true, fresh_proc});
    if (built) return look(told);
    told = built.error().ToString();
    return kNotEntered;
  });
}

TEST_CASE("The kernel's files below data or a listed path are not written, and show no process") {
  const std::string chroot = "/srv/postern-view-" + std::to_string(::getpid());
  fs::create_directories(chroot + "/proc");
  fs::create_directories(chroot + "/sys");
  FileView listed, minimal;
  listed.read_write_paths = minimal.read_write_paths = {chroot};
  minimal.minimal = true;
  for (const FileView& files : {ReadOnlySystem(), listed, minimal}) {
    const Outcome outcome = BesideChroot(files, chroot, true, [&](std::string& told) {
      const std::string parameter = chroot + "/proc/sys/kernel/core_pattern";
      if (OpenError(parameter, O_WRONLY) == 0) told += "a kernel parameter is writable\n";
      told += Listing(chroot + "/proc");
      if (OpenError(chroot + "/sys/kernel/profiling", O_WRONLY) != EROFS) told += "/sys\n";
      if (WriteError(chroot + "/file") != 0) told += "nothing is writable\n";
      return 0;
    });
    CHECK(outcome.told == "");
    CHECK(outcome.status == 0);
  }
  FileView jailed;
  jailed.root = chroot;
  // Its own, where it cannot get a fresh one.
  const Outcome outcome = BesideChroot(jailed, chroot, false, [](std::string& told) {
    told = Name(OpenError("/proc/self/stat", O_RDONLY));
    return 0;
  });
  fs::remove_all(chroot);
  CHECK(outcome.told == "ok");
}

TEST_CASE("A user who swaps a directory for a link gets nothing of the system to write") {
  testlib::TempDir directory;
  const std::string target = "/usr/postern-race-" + std::to_string(::getpid());
  fs::create_directories(target);
  fs::create_directories(directory / "user/place");
  fs::create_symlink(target, directory / "user/link");
  REQUIRE(::chown((directory / "user").c_str(), kServiceUser, kServiceGroup) == 0);
  std::atomic<bool> stop{false};
  std::thread attacker([&] {
    const std::string place = directory / "user/place", link = directory / "user/link";
    while (!stop) ::syscall(SYS_renameat2, AT_FDCWD, place.c_str(), AT_FDCWD, link.c_str(), 2);
  });
  FileView files = ReadOnlySystem();
  files.read_write_paths = {directory / "user/place"};
  int entered = 0, refused = 0, led_out = 0;
  for (int i = 0; i < 150; ++i) {
    const Outcome outcome =
        InView(files, [&](std::string&) { return WriteError(target + "/x") == EROFS ? 0 : 1; });
    if (outcome.status == kNotEntered) ++refused;
    if (outcome.status == 0) ++entered;
    if (outcome.status == 1) ++led_out;
  }
  stop = true;
  attacker.join();
  fs::remove_all(target);
  CHECK(led_out == 0);
  CHECK(refused > 0);
  CHECK(entered + refused == 150);
}

}  // namespace
}  // namespace postern::sandbox
