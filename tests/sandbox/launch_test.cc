// SPDX-License-Identifier: BSD-2-Clause
// What a launched program is given, and what keeps it from running. Needs root for the cases that
// change the user.
#include "sandbox/launch.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "sandbox/confine/credentials.h"
#include "sandbox/sys/files.h"
#include "tests/sandbox/launch_fixture.h"
#include "tests/testlib/child.h"
#include "tests/testlib/fake_call.h"
#include "tests/testlib/temp_dir.h"

namespace postern::sandbox {
namespace {

using Lines = std::vector<std::string>;

// Where a user other than root can execute it.
struct Portrait {
  testlib::TempDir directory;
  std::string path = directory / "self_portrait";
  Portrait() {
    std::filesystem::copy_file(SELF_PORTRAIT, path);
    REQUIRE(::chmod(directory.path().c_str(), 0755) == 0);
    REQUIRE(::chmod(path.c_str(), 0755) == 0);
  }

  static Lines Starting(const std::string& text, const std::string& prefix) {
    Lines found;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
      if (line.starts_with(prefix)) found.push_back(line);
    }
    return found;
  }
  static bool Has(const std::string& text, const std::string& line) {
    return Starting(text, line) == Lines{line};
  }
};

TEST_CASE_METHOD(Portrait, "A program gets exactly its words, its environment and the connection") {
  auto parts = PartsFor({path});
  parts.argv = {"other name", "", "two words", "-x"};
  parts.environment = {"A=1", "B=two words"};
  const auto outcome = Run(std::move(parts), {"REMOTE_HOST=192.0.2.1"});
  CHECK(outcome.exit.status == 0);
  CHECK(outcome.failures.empty());
  CHECK(Starting(outcome.text, "arg ") ==
        Lines{"arg other name", "arg ", "arg two words", "arg -x"});
  CHECK(Starting(outcome.text, "env ") ==
        Lines{"env A=1", "env B=two words", "env REMOTE_HOST=192.0.2.1"});
  CHECK(Starting(outcome.text, "fd ") == Lines{"fd 0", "fd 1", "fd 2"});
}

TEST_CASE_METHOD(Portrait, "Words of one launch are not those of the next") {
  auto parts = PartsFor({path});
  CHECK(Starting(Run(parts, {"ONCE=1"}).text, "env ") == Lines{"env ONCE=1"});
  CHECK(Starting(Run(parts).text, "env ").empty());
}

TEST_CASE_METHOD(Portrait, "A descriptor that is not closed at execve does not reach the program") {
  TheLauncher();  // claims its numbers first
  const UniqueFd low(::open("/dev/null", O_RDONLY));
  const UniqueFd high(::fcntl(low.get(), F_DUPFD, 200));
  REQUIRE(high);
  CHECK(Starting(Run(PartsFor({path})).text, "fd ") == Lines{"fd 0", "fd 1", "fd 2"});
}

TEST_CASE_METHOD(Portrait, "User, groups, umask, priority and limits are as planned") {
  auto parts = PartsFor({path});
  parts.change_user = true;
  parts.uid = kNobody;
  parts.gid = 65533;
  parts.groups = {8, 4};
  parts.umask = 037;
  parts.priority = 7;
  parts.limits = {{RLIMIT_NOFILE, 77}, {RLIMIT_CORE, 0}};
  const auto outcome = Run(std::move(parts));
  REQUIRE(outcome.exit.status == 0);
  CHECK(Has(outcome.text, "Uid:\t65534\t65534\t65534\t65534"));
  CHECK(Has(outcome.text, "Gid:\t65533\t65533\t65533\t65533"));
  CHECK(Has(outcome.text, "groups 4 8"));
  CHECK(Has(outcome.text, "umask 31"));
  CHECK(Has(outcome.text, "nice 7"));
  CHECK(Has(outcome.text, "nofile 77 77"));
  CHECK(Has(outcome.text, "core 0 0"));
}

TEST_CASE_METHOD(Portrait, "No groups are planned: none are kept") {
  auto parts = PartsFor({path});
  parts.change_user = true;
  parts.uid = parts.gid = kNobody;
  CHECK(Has(Run(std::move(parts)).text, "groups"));
}

TEST_CASE_METHOD(Portrait, "A program has a session of its own and no signal blocked or ignored") {
  const auto outcome = Run(PartsFor({path}));
  CHECK(Has(outcome.text, "session own"));
  CHECK(Has(outcome.text, "SigBlk:\t0000000000000000"));
  CHECK(Has(outcome.text, "SigIgn:\t0000000000000000"));
}

TEST_CASE("A program that cannot be executed is told, with the reason") {
  const auto missing = Run(PartsFor({"/nonexistent/program"}));
  CHECK(missing.text.empty());
  CHECK(missing.exit.status == kLaunchFailed);
  REQUIRE(missing.failures.size() == 1);
  CHECK(missing.failures[0].id == missing.id);
  CHECK(missing.failures[0].step == LaunchStep::kExecute);
  CHECK(missing.failures[0].error == ENOENT);
  CHECK(StepText(missing.failures[0].step) == "execve");
  const auto directory = Run(PartsFor({"/etc"}));
  REQUIRE(directory.failures.size() == 1);
  CHECK(directory.failures[0].error == EACCES);
}

TEST_CASE("A program that ends with the same status by itself is no failure to launch") {
  const auto outcome = Run(PartsFor({"/bin/sh", "-c", "exit 126"}));
  CHECK(outcome.exit.status == kLaunchFailed);
  CHECK(outcome.failures.empty());
}

TEST_CASE("A limit that cannot be set keeps the program from running") {
  auto parts = PartsFor({"/bin/echo", "ran"});
  parts.limits = {{RLIMIT_CORE, 0}, {1000, 1}};
  const auto outcome = Run(std::move(parts));
  CHECK(outcome.text.empty());
  CHECK(outcome.exit.status == kLaunchFailed);
  REQUIRE(outcome.failures.size() == 1);
  CHECK(outcome.failures[0].step == LaunchStep::kLimits);
  CHECK(outcome.failures[0].error == EINVAL);
}

TEST_CASE("A user that cannot be changed to keeps the program from running") {
  auto parts = PartsFor({"/bin/echo", "ran"});
  parts.change_user = true;
  parts.uid = parts.gid = 1000;
  Launcher& launcher = TheLauncher();
  const auto plan = PlanFor(std::move(parts));
  Client client;
  // An unprivileged parent: a fork of this one, which shares the report pipe.
  CHECK(testlib::StatusOfChild([&] {
          if (!BecomeUser({true, kNobody, kNobody, {}})) return 1;
          const auto launched = launcher.Start(plan, {}, client.far);
          if (!launched) return 2;
          pollfd wait{launched->pidfd.get(), POLLIN, 0};
          if (::poll(&wait, 1, kPatienceMs) != 1) return 3;
          const auto failures = launcher.Collect();
          if (failures.size() != 1 || failures[0].id != launched->id) return 4;
          if (failures[0].error != EPERM) return 5;
          return failures[0].step == LaunchStep::kGroups ? 0 : 6;
        }) == 0);
  client.far.Reset();
  CHECK(client.ReadToEnd().empty());
}

// The step that fails, as a number, when the kernel only pretends to set `planned` and what the
// program would have is `actual`; 0 when it runs.
int FailedStepWithGroups(const std::vector<gid_t>& actual, std::vector<std::uint32_t> planned) {
  auto parts = PartsFor({"/bin/true"});
  parts.change_user = true;
  parts.uid = parts.gid = kNobody;
  parts.groups = std::move(planned);
  Launcher& launcher = TheLauncher();
  const auto plan = PlanFor(std::move(parts));
  Client client;
  return testlib::StatusOfChild([&] {
    if (::setgroups(actual.size(), actual.data()) != 0) return 101;
    if (!testlib::FakeCall(SYS_setgroups, 0)) return 102;
    const auto launched = launcher.Start(plan, {}, client.far);
    if (!launched) return 103;
    pollfd wait{launched->pidfd.get(), POLLIN, 0};
    if (::poll(&wait, 1, kPatienceMs) != 1) return 104;
    const auto failures = launcher.Collect();
    return failures.empty() ? 0 : static_cast<int>(failures[0].step);
  });
}

TEST_CASE("Groups that are not the planned ones keep the program from running") {
  constexpr int kVerify = static_cast<int>(LaunchStep::kVerify);
  CHECK(FailedStepWithGroups({5}, {6}) == kVerify);
  CHECK(FailedStepWithGroups({5, 6}, {5, 7}) == kVerify);
  CHECK(FailedStepWithGroups({5, 5}, {5, 6}) == kVerify);
  CHECK(FailedStepWithGroups({5, 6}, {5}) == kVerify);
  CHECK(FailedStepWithGroups({5}, {}) == kVerify);
  CHECK(FailedStepWithGroups({}, {5}) == kVerify);
}

TEST_CASE("The planned groups count as a set") {
  CHECK(FailedStepWithGroups({5, 6}, {6, 5}) == 0);
  CHECK(FailedStepWithGroups({5, 6}, {6, 5, 6}) == 0);
  CHECK(FailedStepWithGroups({}, {}) == 0);
}

TEST_CASE("A plan let go of at once is still whole for its child") {
  TheLauncher();
  for (int i = 0; i < 50; ++i) {
    Client client;
    const std::string word =
        "word of some length, so that it lies on the heap " + std::to_string(i);
    auto plan = PlanFor(PartsFor({"/bin/echo", word}));
    auto launched = TheLauncher().Start(std::move(plan), {}, client.far);
    REQUIRE(launched);
    CHECK(client.ReadToEnd() == word + "\n");
    AwaitEnd(*launched);
  }
}

TEST_CASE("What is on its way when its launcher goes arrives all the same") {
  TheLauncher();
  constexpr int kRounds = 20, kPrograms = 8;
  Client client;
  for (int round = 0; round < kRounds; ++round) {
    // A process of its own, since the launcher's numbers are taken here.
    const int status = testlib::StatusOfChild([&] {
      const UniqueFd kept(::fcntl(client.far.get(), F_DUPFD_CLOEXEC, 100));
      if (::syscall(SYS_close_range, Launcher::kReportDescriptor, 99, 0) != 0) return 1;
      auto made = Launcher::Make();
      if (!made) return 2;
      const auto plan = PlanFor(PartsFor({"/bin/echo", "-n", "x"}));
      for (int i = 0; i < kPrograms; ++i) {
        UniqueFd connection = UniqueFd::DuplicateOf(kept.get());
        if (!(*made)->Start(plan, {}, connection)) return 3;
      }
      return 0;
    });
    REQUIRE(status == 0);
  }
  client.far.Reset();
  CHECK(client.ReadToEnd().size() == kRounds * kPrograms);
}

TEST_CASE("Every step has a name") {
  for (auto step = LaunchStep::kDetach; step <= LaunchStep::kExecute;
       step = static_cast<LaunchStep>(static_cast<std::uint32_t>(step) + 1)) {
    CHECK(StepText(step) != "unknown step");
  }
  CHECK(StepText(static_cast<LaunchStep>(99)) == "unknown step");
}

TEST_CASE_METHOD(Portrait,
                 "A status pipe is one descriptor more, and its other end is the launcher's") {
  auto parts = PartsFor({"/bin/sh", "-c", "printf %s \"$0\" >&4; exec \"$1\"", "told", path});
  parts.status_pipe = true;
  Client client;
  const auto launched = StartPatiently(PlanFor(std::move(parts)), client.far);
  AwaitEnd(launched);
  CHECK(Starting(client.ReadToEnd(), "fd ") == Lines{"fd 0", "fd 1", "fd 2", "fd 4"});
  std::array<std::byte, 16> buffer{};
  CHECK(sys::ReadSome(launched.status, buffer) == 4U);
  CHECK(static_cast<char>(buffer[0]) == 't');
  CHECK(sys::ReadSome(launched.status, buffer) == 0U);
  Client other;
  const auto without = StartPatiently(ShellPlan("echo x >&4"), other.far);
  CHECK(AwaitEnd(without).status != 0);
  CHECK_FALSE(without.status);
}

}  // namespace
}  // namespace postern::sandbox
