// SPDX-License-Identifier: BSD-2-Clause
// What holds in a process that has entered a profile: asked of the kernel from outside, tried from
// inside, and tried by programs it executes. Needs root.
#include "sandbox/confine/enter.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "sandbox/confine/cgroup.h"
#include "sandbox/confine/credentials.h"
#include "sandbox/confine/install_filter.h"
#include "sandbox/confine/mount_calls.h"
#include "sandbox/filter/filter.h"
#include "sandbox/sys/files.h"
#include "tests/sandbox/confine_fixture.h"
#include "tests/testlib/asking_filter.h"
#include "tests/testlib/child.h"
#include "tests/testlib/fake_call.h"
#include "tests/testlib/temp_dir.h"

namespace postern::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr CapabilityMask kKill = Capability(CAP_KILL), kBind = Capability(CAP_NET_BIND_SERVICE);
constexpr CapabilityMask kRootMask =
    kKill | kBind | Capability(CAP_CHOWN) | Capability(CAP_SETUID) | Capability(CAP_SETGID);

// Filters as the daemon builds them for these profiles.
FilterProgram ListingFilter(bool new_privileges = false) {
  filter::FilterRequest request;
  request.landlock_tcp = true;
  request.new_privileges = new_privileges;
  return *filter::BuildFilter(request);
}
FilterProgram DenyingFilter() {
  filter::FilterRequest request;
  request.base = filter::FilterBase::kAllButDenied;
  request.network = Network::kHost;
  request.new_privileges = true;
  request.jit = true;
  return *filter::BuildFilter(request);
}

Profile Baseline() {
  Profile profile = BaselineProfile();
  profile.filter = DenyingFilter();
  return profile;
}
Profile Standard() {
  Profile profile = StandardProfile();
  profile.filter = ListingFilter();
  return profile;
}
Profile Strict() {
  Profile profile = StrictProfile();
  profile.filter = ListingFilter();
  return profile;
}
Profile RootStandard() {
  Profile profile = StandardProfile();
  profile.identity = {true, 0, 0, {}};
  profile.capabilities = profile.bounding = kRootMask;
  return profile;
}

// Runs a shell command in the place of an instance and adds what it says to `told`.
int Execute(const char* command, std::string& told) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return 112;
  const pid_t pid = ::vfork();
  if (pid == 0) {
    ::dup2(ends[1], 1);
    ::dup2(ends[1], 2);
    ::execl("/bin/sh", "sh", "-c", command, nullptr);
    ::_exit(113);
  }
  ::close(ends[1]);
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    told.append(buffer, static_cast<std::size_t>(n));
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 114;
}

TEST_CASE("Each profile is entered, and the report says what was planned") {
  for (const Profile& profile : {Baseline(), Standard(), Strict(), RootStandard()}) {
    const Outcome outcome = Inside(profile, [&](const Report& report, std::string& told) {
      for (const std::string& warning : report.warnings) told += warning + "\n";
      if (report.status.uids[2] != profile.identity.uid) return 1;
      if (report.status.groups != profile.identity.groups) return 2;
      if (report.status.capabilities.effective != profile.capabilities) return 3;
      if (report.status.no_new_privileges != profile.no_new_privileges) return 4;
      if (report.memory_protection_locked != profile.lock_memory_protection) return 5;
      if (report.status.seccomp_filters != (profile.filter.empty() ? 0 : 1)) return 6;
      return (report.landlock_abi > 0) == profile.landlock.enabled ? 0 : 7;
    });
    CHECK(outcome.told == "");
    CHECK(outcome.status == 0);
  }
}

// What a parent sees of a live child that has entered.
std::string Read(pid_t pid, const std::string& name) {
  return testlib::ContentOf("/proc/" + std::to_string(pid) + "/" + name);
}
std::string Link(pid_t pid, const std::string& name) {
  std::error_code error;
  return fs::read_symlink("/proc/" + std::to_string(pid) + "/" + name, error);
}

TEST_CASE("A live child is what its profile says, seen from outside") {
  Profile profile = Strict();
  profile.namespaces.time = true;
  profile.oom_score_adjustment = 321;
  profile.priority = 7;
  profile.limits = {{RLIMIT_CORE, 0}, {RLIMIT_FSIZE, 12345}};
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const pid_t pid = Clone(CLONE_NEWPID);
  REQUIRE(pid >= 0);
  if (pid == 0) {
    ::umask(0);
    ::signal(SIGPIPE, SIG_IGN);
    const auto report = Enter(profile);
    [[maybe_unused]] const auto told = ::write(ends[1], report ? "y" : "n", 1);
    for (;;) ::pause();
  }
  char entered = 0;
  REQUIRE(::read(ends[0], &entered, 1) == 1);
  CHECK(entered == 'y');
  const std::string status = Read(pid, "status");
  for (const char* line :
       {"Uid:\t4242\t4242\t4242\t4242\n", "Gid:\t4343\t4343\t4343\t4343\n",
        "Groups:\t4300 4301 4400 \n", "CapInh:\t0000000000000000\n", "CapPrm:\t0000000000000000\n",
        "CapEff:\t0000000000000000\n", "CapBnd:\t0000000000000000\n", "CapAmb:\t0000000000000000\n",
        "NoNewPrivs:\t1\n", "Seccomp:\t2\n", "SigIgn:\t0000000000000000\n",
        "SigBlk:\t0000000000000000\n", "Umask:\t0022\n"}) {
    INFO(line);
    CHECK(status.find(line) != std::string::npos);
  }
  for (const char* kind :
       {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time_for_children"}) {
    INFO(kind);
    const std::string own = Link(::getpid(), "ns/" + std::string(kind));
    CHECK(Link(pid, "ns/" + std::string(kind)) != own);
  }
  CHECK(Read(pid, "oom_score_adj") == "321\n");
  CHECK(::getpriority(PRIO_PROCESS, static_cast<id_t>(pid)) == 7);
  CHECK(Read(pid, "limits").find("Max file size             12345                12345") !=
        std::string::npos);
  CHECK(::getsid(pid) == pid);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

TEST_CASE("Nobody may look into it, though it is root's") {
  const Outcome outcome = Inside(RootStandard(), [](const Report&, std::string&) {
    return ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
  });
  CHECK(outcome.status == 0);
}

TEST_CASE("Landlock is in force: it keeps root from making devices") {
  Profile profile = RootStandard();
  profile.namespaces = {};
  profile.files = {};
  profile.capabilities = profile.bounding = Capability(CAP_MKNOD);
  const testlib::TempDir directory;
  const std::string node = directory / "node";
  const auto make_error = [&](bool enabled) {
    profile.landlock.enabled = enabled;
    return Inside(profile,
                  [&](const Report&, std::string&) {
                    return ::mknod(node.c_str(), S_IFCHR | 0600, 0x103) == 0 ? 0 : errno;
                  })
        .status;
  };
  CHECK(make_error(false) == 0);
  fs::remove(node);
  CHECK(make_error(true) == EACCES);
}

TEST_CASE("A program executed inside has no more than the plan, whoever it is") {
  const auto capabilities_in = [](Profile profile) {
    profile.files.private_tmp = false;
    std::string told;
    const Outcome outcome = Inside(profile, [](const Report&, std::string& words) {
      return Execute("grep -E '^Cap(Prm|Eff|Bnd|Amb)' /proc/self/status | tr -d '\\n'", words);
    });
    CHECK(outcome.status == 0);
    return outcome.told;
  };
  const std::string none = "0000000000000000";
  CHECK(capabilities_in(StandardProfile()) ==
        "CapPrm:\t" + none + "CapEff:\t" + none + "CapBnd:\t" + none + "CapAmb:\t" + none);
  const std::string mask = "00000000000004e1";  // kRootMask
  CHECK(capabilities_in(RootStandard()) ==
        "CapPrm:\t" + mask + "CapEff:\t" + mask + "CapBnd:\t" + mask + "CapAmb:\t" + none);
  Profile ambient = StandardProfile();
  ambient.capabilities = ambient.bounding = kBind;
  const std::string bind = "0000000000000400";
  CHECK(capabilities_in(ambient) ==
        "CapPrm:\t" + bind + "CapEff:\t" + bind + "CapBnd:\t" + bind + "CapAmb:\t" + bind);
  // Without no_new_privs, root's id gives the mask and nothing beside it.
  Profile root = RootStandard();
  root.no_new_privileges = false;
  root.bounding = ~CapabilityMask{0};
  CHECK(capabilities_in(root) ==
        "CapPrm:\t" + mask + "CapEff:\t" + mask + "CapBnd:\t" + mask + "CapAmb:\t" + none);
}

TEST_CASE("Setuid programs work where they are meant to, and nowhere else") {
  testlib::TempDir directory;
  fs::permissions(directory.path(), fs::perms(0755));
  const std::string program = directory / "id";
  fs::copy_file("/usr/bin/id", program);
  REQUIRE(::chmod(program.c_str(), 04755) == 0);
  const auto effective_user = [&](Profile profile) {
    profile.files.private_tmp = false;
    const Outcome outcome = Inside(profile, [&](const Report&, std::string& told) {
      return Execute((program + " -u").c_str(), told);
    });
    return outcome.told;
  };
  CHECK(effective_user(Baseline()) == "0\n");
  CHECK(effective_user(Standard()) == "4242\n");
  Profile standard = Standard();
  standard.no_new_privileges = false;
  standard.filter = ListingFilter(true);
  standard.bounding = kRootMask;
  CHECK(effective_user(standard) == "0\n");
}

TEST_CASE("Programs run under the filters that the daemon builds") {
  for (const Profile& profile : {Baseline(), Standard(), Strict()}) {
    const Outcome outcome = Inside(profile, [](const Report&, std::string& told) {
      return Execute("echo $(id -u) $(ls / | wc -l) >/dev/null; echo done", told);
    });
    CHECK(outcome.told == "done\n");
    CHECK(outcome.status == 0);
  }
}

// What ends a child that makes a call which no service has.
int EndOfUnlistedCall() {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::syscall(SYS_vhangup);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST_CASE("Unlisted calls wait for a listener, and where there is none the kernel kills") {
  filter::FilterRequest request;
  request.landlock_tcp = true;
  request.unlisted = filter::Unlisted::kNotify;
  Profile profile = StandardProfile();
  profile.filter = *filter::BuildFilter(request);
  profile.report_unlisted = true;
  const auto listener = [](const Report& report, std::string&) {
    return report.unlisted_calls ? 0 : EndOfUnlistedCall();
  };
  CHECK(Inside(profile, listener).status == 0);
  const Outcome supervised = InChildWith(CLONE_NEWPID, [&](std::string& told) {
    // A container's runtime, which asks about another call.
    const auto outer = InstallListeningFilter(testlib::AskingAbout(SYS_swapoff));
    if (!outer) return 1;
    const auto report = Enter(profile);
    if (!report) told = report.error().ToString();
    return report ? listener(*report, told) : 2;
  });
  CHECK(supervised.told == "");
  CHECK(supervised.status == SIGSYS);
  profile.namespaces.pid = false;
  CHECK(Inside(profile, listener).status == SIGSYS);
}

TEST_CASE("Nothing leads back to the host: descriptors, working directory, root") {
  const Outcome outcome = Inside(StrictProfile(), [](const Report&, std::string& told) {
    for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
      struct stat status{};
      const std::string path = entry.path();
      std::error_code error;
      const std::string target = fs::read_symlink(path, error);
      if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
          target.find("/proc/") == std::string::npos) {
        told += path + " is " + target + "\n";
      }
    }
    told +=
        fs::read_symlink("/proc/self/cwd").string() + fs::read_symlink("/proc/self/root").string();
    for (const char* up : {"..", "../..", "/.."}) {
      if (::access((std::string(up) + "/root").c_str(), F_OK) == 0) told += " up";
    }
    if (::chroot("usr") == 0) told += " chroot";
    return 0;
  });
  CHECK(outcome.told == "//");
}

TEST_CASE("An open directory keeps a profile from being entered") {
  const Outcome outcome = InChildWith(CLONE_NEWPID, [](std::string& told) {
    const sys::UniqueFd directory(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const auto report = Enter(StrictProfile());
    if (report) return 1;
    told = report.error().ToString();
    return report.error().step == EnterStep::kDescriptors ? 0 : 2;
  });
  CHECK(outcome.status == 0);
  CHECK(outcome.told.starts_with("descriptors: check descriptor "));
}

TEST_CASE("Another thread keeps a profile from being entered") {
  const Outcome outcome = InChildWith(0, [](std::string& told) {
    std::thread([&] { ::pause(); }).detach();
    const auto report = Enter(BaselineProfile());
    if (!report) told = report.error().ToString();
    return 0;
  });
  CHECK(outcome.told == "process: check several threads: Device or resource busy (errno = 16)");
}

// The reason for which a changed profile is not entered.
template <typename Change>
std::string Refusal(Profile profile, const Change& change) {
  change(profile);
  return Inside(profile, [](const Report&, std::string&) { return 0; }).told;
}

TEST_CASE("A profile that contradicts itself is refused before anything happens") {
  constexpr std::uint32_t kNoId = ~std::uint32_t{0};
  const auto refused = [](const std::string& reason) {
    return reason.starts_with("profile: ") ? "" : "not refused: " + reason;
  };
  CHECK(refused(Refusal(Standard(), [](Profile& p) { p.identity.uid = kNoId; })) == "");
  CHECK(refused(Refusal(Standard(), [](Profile& p) { p.identity.groups = {kNoId}; })) == "");
  CHECK(refused(Refusal(Standard(), [](Profile& p) { p.capabilities = kKill; })) == "");
  CHECK(refused(Refusal(Standard(), [](Profile& p) { p.namespaces.mount = false; })) == "");
  CHECK(refused(Refusal(Strict(), [](Profile& p) { p.files.root = "/usr"; })) == "");
  CHECK(refused(Refusal(Baseline(), [](Profile& p) { p.landlock.connect_ports = {1}; })) == "");
  CHECK(refused(Refusal(Baseline(), [](Profile& p) { p.filter.resize(5000); })) == "");
}

TEST_CASE("A failure names its step and what failed") {
  CHECK(Refusal(Standard(), [](Profile& p) { p.files.hidden_paths = {"/nowhere"}; }) ==
        "file system: open /nowhere: No such file or directory (errno = 2)");
  CHECK(Refusal(Baseline(), [](Profile& p) { p.limits = {{99, 1}}; }) ==
        "limits: setrlimit 99: Invalid argument (errno = 22)");
  CHECK(Refusal(Baseline(), [](Profile& p) { p.filter = {{0xffff, 0, 0, 0}}; }) ==
        "system call filter: seccomp: Invalid argument (errno = 22)");
  CHECK(StepText(EnterStep{99}) == "unknown step");
}

TEST_CASE("A pid namespace cannot be had afterwards: missing, or a warning") {
  Profile profile = StandardProfile();
  const auto enter_outside = [&] {
    return InChildWith(0, [&](std::string& told) {
      const auto report = Enter(profile);
      if (!report) {
        told = report.error().ToString();
        return 1;
      }
      for (const std::string& warning : report->warnings) told += warning;
      return 0;
    });
  };
  const std::string text =
      "pid namespace: getpid not the first process of one: Operation not permitted (errno = 1)";
  const Outcome refused = enter_outside();
  CHECK(refused.status == 1);
  CHECK(refused.told == text);
  profile.tolerate_missing = true;
  const Outcome warned = enter_outside();
  CHECK(warned.status == 0);
  CHECK(warned.told == text);
}

// A call that does nothing and claims success, and what finds it out.
struct Lie {
  long call;
  std::string_view reason;  // how it begins
};

TEST_CASE("A kernel that only says that it obeyed is found out") {
  const Lie lies[] = {{SYS_setpriority, "priority: setpriority"},
                      {SYS_prlimit64, "limits: setrlimit core"},
                      {SYS_unshare, "namespaces: unshare ipc"},
                      {SYS_setgroups, "groups: getgroups not the planned groups"},
                      {SYS_setresgid, "identity: getresgid not the planned group"},
                      {SYS_setresuid, "identity: getresuid not the planned user"},
                      {SYS_capset, "bounding set: prctl PR_CAPBSET_DROP"},
                      {SYS_prctl, "read back: compare bounding set"},
                      {SYS_seccomp, "read back: compare system call filters"}};
  for (const Lie& lie : lies) {
    INFO(lie.call);
    Profile profile = Standard();
    profile.priority = 3;
    profile.limits = {{RLIMIT_CORE, 7}};
    // Whatever goes wrong then must not be with the mounts of this machine.
    const Outcome outcome = InChildWith(CLONE_NEWPID | CLONE_NEWNS, [&](std::string& told) {
      if (!KeepMountsToOurselves() || !testlib::FakeCall(lie.call, 0)) return 1;
      const auto report = Enter(profile);
      if (!report) told = report.error().ToString();
      return report ? 2 : 0;
    });
    INFO(outcome.told);
    CHECK(outcome.status == 0);
    CHECK(outcome.told.starts_with(lie.reason));
  }
}

// As a daemon without rights starts it: the program of that user, not dumped by a change of user.
template <typename Body>
Outcome InsideUnprivileged(Profile profile, const Body& body) {
  profile.identity = {false, kServiceUser, kServiceGroup, {}};
  return InChildWith(0, [&](std::string& told) {
    if (!BecomeUser({true, kServiceUser, kServiceGroup, {}})) return 1;
    if (::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0) return 2;
    const auto report = Enter(profile);
    if (!report) {
      told = report.error().ToString();
      return kNotEntered;
    }
    return body(*report, told);
  });
}

TEST_CASE("Without rights, what can be had is had and the rest is missing") {
  Profile profile = Standard();
  const auto nothing = [](const Report&, std::string&) { return 0; };
  CHECK(InsideUnprivileged(profile, nothing).told.starts_with("pid namespace: "));
  profile.namespaces.pid = false;
  const Outcome outcome = InsideUnprivileged(profile, [](const Report& report, std::string& told) {
    for (const std::string& warning : report.warnings) told += warning + "\n";
    if (::open("/usr/x", O_WRONLY | O_CREAT, 0600) >= 0) return 3;
    if (report.status.capabilities.bounding != 0) return 4;
    return Execute("id -u; touch /tmp/x && ls /tmp", told);
  });
  CHECK(outcome.told == "4242\nx\n");
  CHECK(outcome.status == 0);
}

TEST_CASE("Without rights, the strict profile has its root as well") {
  Profile profile = Strict();
  profile.namespaces.pid = false;
  const Outcome outcome = InsideUnprivileged(profile, [](const Report&, std::string& told) {
    return Execute("ls -d /root /usr 2>/dev/null; id -u", told);
  });
  CHECK(outcome.told == "/usr\n4242\n");
}

TEST_CASE("Without rights, another user cannot be had") {
  Profile profile = Baseline();
  const Outcome outcome = InChildWith(0, [&](std::string& told) {
    if (!BecomeUser({true, kServiceUser, kServiceGroup, {}})) return 1;
    const auto report = Enter(profile);
    if (!report) told = report.error().ToString();
    return 0;
  });
  CHECK(outcome.told ==
        "profile: check a change of user without rights: Operation not permitted (errno = 1)");
}

TEST_CASE("A bounding set that cannot be limited is missing, not forgotten") {
  Profile profile = BaselineProfile();
  profile.no_new_privileges = true;
  profile.bounding = 0;
  const auto nothing = [](const Report& report, std::string& told) {
    for (const std::string& warning : report.warnings) told += warning.substr(0, 13) + "\n";
    return 0;
  };
  CHECK(InsideUnprivileged(profile, nothing).told.starts_with("bounding set: prctl"));
  profile.tolerate_missing = true;
  CHECK(InsideUnprivileged(profile, nothing).told == "bounding set:\nsecure bits: \n");
}

TEST_CASE("A control group holds the service's processes") {
  Profile profile = StandardProfile();
  profile.service = "enter-test-" + std::to_string(::getpid());
  profile.cgroup.tasks_max = 20;
  const Outcome outcome = Inside(profile, [](const Report& report, std::string& told) {
    for (const std::string& warning : report.warnings) told += warning;
    told += testlib::ContentOf("/proc/self/cgroup");
    return 0;
  });
  INFO(outcome.told);
  if (outcome.told.starts_with("control group: cgroup pids")) {
    // So it must be: where version 1 has the controller, version 2 has not.
    for (const char* const mounted : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
      CHECK_FALSE(
          testlib::ContentOf(std::string(mounted) + "/cgroup.controllers").contains("pids"));
    }
    return;
  }
  CHECK(outcome.told.find("/postern/" + profile.service) != std::string::npos);
  auto cgroup = ServiceCgroup::Make(profile.service, profile.cgroup);
  REQUIRE(cgroup);
  sys::Status removed;
  for (int i = 0; i < 100 && !(removed = cgroup->Remove()); ++i) ::usleep(10'000);
  CHECK(removed);
}

}  // namespace
}  // namespace postern::sandbox
