// SPDX-License-Identifier: BSD-2-Clause
// Programs are really launched, by the one Launcher a process can have. Needs root for the cases
// that change the user.
#include "sandbox/launch.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sandbox/sys/events.h"
#include "sandbox/sys/process.h"
#include "tests/testlib/child.h"
#include "tests/testlib/fake_call.h"
#include "tests/testlib/temp_dir.h"

namespace postern::sandbox {
namespace {

using sys::UniqueFd;
using Lines = std::vector<std::string>;

constexpr int kPatienceMs = 20'000;
constexpr std::uint32_t kNobody = 65534;

// Whatever started the tests may have left descriptors open where the launcher's belong.
Launcher& TheLauncher() {
  static const std::unique_ptr<Launcher> launcher = [] {
    REQUIRE(sys::CloseFrom(Launcher::kReportDescriptor));
    auto made = Launcher::Make();
    REQUIRE(made);
    // As the daemon does: the program must not inherit it.
    sys::IgnoreSignals({SIGPIPE, SIGXFSZ});
    REQUIRE(sys::CatchSignals({SIGUSR2}));
    return std::move(*made);
  }();
  return *launcher;
}

LaunchPlan::Parts PartsFor(std::vector<std::string> argv) {
  LaunchPlan::Parts parts;
  parts.path = argv.front();
  parts.argv = std::move(argv);
  parts.change_user = false;
  return parts;
}

std::shared_ptr<const LaunchPlan> PlanFor(LaunchPlan::Parts parts) {
  return std::make_shared<const LaunchPlan>(std::move(parts));
}

std::shared_ptr<const LaunchPlan> ShellPlan(const std::string& script) {
  return PlanFor(PartsFor({"/bin/sh", "-c", script}));
}

struct Client {
  UniqueFd near, far;
  Client() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    const timeval limit{kPatienceMs / 1000, 0};
    REQUIRE(::setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
    near = UniqueFd(ends[0]);
    far = UniqueFd(ends[1]);
  }

  // Until every copy of the other end is closed, the launcher's among them.
  std::string ReadToEnd(std::vector<LaunchFailure>* failures = nullptr) {
    std::string text;
    char buffer[4096];
    for (;;) {
      pollfd waits[2] = {{near.get(), POLLIN, 0},
                         {TheLauncher().report_descriptor().get(), POLLIN, 0}};
      REQUIRE(::poll(waits, 2, kPatienceMs) > 0);
      if (waits[1].revents != 0) {
        const auto told = TheLauncher().Collect();
        if (failures != nullptr) failures->insert(failures->end(), told.begin(), told.end());
      }
      if (waits[0].revents == 0) continue;
      const ssize_t n = ::recv(near.get(), buffer, sizeof buffer, 0);
      REQUIRE(n >= 0);
      if (n == 0) return text;
      text.append(buffer, static_cast<std::size_t>(n));
    }
  }
};

// EAGAIN is the caller's to wait out, and on a loaded machine it does come.
Launched StartPatiently(const std::shared_ptr<const LaunchPlan>& plan, UniqueFd& connection) {
  for (int attempt = 0;; ++attempt) {
    auto launched = TheLauncher().Start(plan, {}, connection);
    if (launched) return std::move(*launched);
    REQUIRE(launched.error().number == EBUSY);
    REQUIRE(connection);
    REQUIRE(attempt < 400);
    pollfd room{TheLauncher().room_descriptor().get(), POLLIN, 0};
    while (!TheLauncher().HasRoom()) REQUIRE(::poll(&room, 1, kPatienceMs) == 1);
  }
}

sys::Exit AwaitEnd(const Launched& launched) {
  pollfd wait{launched.pidfd.get(), POLLIN, 0};
  REQUIRE(::poll(&wait, 1, kPatienceMs) == 1);
  const auto exit = sys::ReapPidfd(launched.pidfd);
  REQUIRE(exit);
  REQUIRE(exit->has_value());
  TheLauncher().Ended(launched.id);
  return **exit;
}

struct Outcome {
  std::string text;
  sys::Exit exit;
  std::vector<LaunchFailure> failures;
  LaunchId id = 0;
};

Outcome Run(LaunchPlan::Parts parts, const std::vector<std::string>& extra = {}) {
  Launcher& launcher = TheLauncher();
  Client client;
  auto launched = launcher.Start(PlanFor(std::move(parts)), extra, client.far);
  REQUIRE(launched);
  CHECK_FALSE(client.far);
  Outcome outcome;
  outcome.id = launched->id;
  // A child that never took the connection leaves it in its slot: end before reading.
  outcome.exit = AwaitEnd(*launched);
  outcome.text = client.ReadToEnd(&outcome.failures);
  const auto told = launcher.Collect();
  outcome.failures.insert(outcome.failures.end(), told.begin(), told.end());
  return outcome;
}

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

std::size_t MappingCount() {
  std::ifstream maps("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);) ++count;
  return count;
}

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
          if (!sys::BecomeUser(kNobody, kNobody)) return 1;
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

TEST_CASE("Five hundred launches leave no descriptor, process or mapping behind") {
  Launcher& launcher = TheLauncher();
  const auto run = [] { REQUIRE(Run(PartsFor({"/bin/true"})).exit.status == 0); };
  for (int i = 0; i < 20; ++i) run();
  const auto descriptors = testlib::OpenDescriptors();
  const std::size_t mappings = MappingCount();
  for (int i = 0; i < 500; ++i) run();
  CHECK(testlib::OpenDescriptors() == descriptors);
  CHECK(MappingCount() <= mappings + 2);  // the heap of the test itself may grow
  CHECK(launcher.Collect().empty());
  CHECK(::waitpid(-1, nullptr, WNOHANG) < 0);
  CHECK(errno == ECHILD);
}

TEST_CASE("More launches at once than there are slots all get their own connection") {
  constexpr std::size_t kMany = 40;
  static_assert(kMany > Launcher::kSlots);
  TheLauncher();
  std::vector<Client> clients(kMany);
  std::vector<Launched> running;
  for (std::size_t i = 0; i < kMany; ++i) {
    const auto plan = ShellPlan("read word; echo " + std::to_string(i) + " $word");
    running.push_back(StartPatiently(plan, clients[i].far));
  }
  // None has ended: each still waits for its word.
  for (const Launched& launched : running) {
    const auto reaped = sys::ReapPidfd(launched.pidfd);
    REQUIRE(reaped);
    CHECK_FALSE(reaped->has_value());
  }
  for (std::size_t i = kMany; i-- > 0;) {
    const std::string word = "w" + std::to_string(i) + "\n";
    REQUIRE(::send(clients[i].near.get(), word.data(), word.size(), MSG_NOSIGNAL) > 0);
    CHECK(clients[i].ReadToEnd() == std::to_string(i) + " " + word);
  }
  for (const Launched& launched : running) CHECK(AwaitEnd(launched).status == 0);
}

TEST_CASE("A launch that finds every slot taken is refused at once, until there is room") {
  const auto plan = PlanFor(PartsFor({"/bin/true"}));
  CHECK(testlib::StatusOfChild([&] {
          // One of its own: what waits in the slots would be this process's as well.
          if (!sys::CloseFrom(Launcher::kReportDescriptor)) return 7;
          const auto made = Launcher::Make();
          if (!made) return 8;
          Launcher& launcher = **made;
          // Children that never take what they are given.
          if (!testlib::FakeCall(SYS_recvmsg, EIO)) return 1;
          LaunchId first = 0;
          for (int i = 0; i < Launcher::kSlots; ++i) {
            UniqueFd given = UniqueFd::DuplicateOf(0);
            const auto launched = launcher.Start(plan, {}, given);
            if (!launched) return 2;
            if (i == 0) first = launched->id;
          }
          UniqueFd connection = UniqueFd::DuplicateOf(0);
          const auto refused = launcher.Start(plan, {}, connection);
          if (refused || refused.error().number != EBUSY || !connection) return 3;
          if (launcher.HasRoom()) return 4;
          launcher.Ended(first);
          if (!launcher.HasRoom()) return 5;
          return launcher.Start(plan, {}, connection) && !connection ? 0 : 6;
        }) == 0);
}

TEST_CASE("A client sees the end when its program closes, not when it ends") {
  TheLauncher();
  Client client;
  const auto plan = ShellPlan("exec 0<&- 1>&- 2>&-; sleep 60");
  const Launched launched = StartPatiently(plan, client.far);
  CHECK(client.ReadToEnd().empty());
  const auto reaped = sys::ReapPidfd(launched.pidfd);
  REQUIRE(reaped);
  CHECK_FALSE(reaped->has_value());
  REQUIRE(::kill(-launched.pid, SIGKILL) == 0);  // its session: the shell and its sleep
  CHECK(AwaitEnd(launched).signal == SIGKILL);
}

TEST_CASE("A client sees the end of its program although the launcher is asked nothing more") {
  TheLauncher();
  Client client;
  const Launched launched = StartPatiently(ShellPlan("echo quick"), client.far);
  std::string text;
  char buffer[64];
  ssize_t n = 0;
  while ((n = ::recv(client.near.get(), buffer, sizeof buffer, 0)) > 0) {
    text.append(buffer, static_cast<std::size_t>(n));
  }
  CHECK(n == 0);  // below 0 after kPatienceMs
  CHECK(text == "quick\n");
  CHECK(AwaitEnd(launched).status == 0);
}

TEST_CASE("A child killed before it takes its connection costs nobody else's") {
  TheLauncher();
  cpu_set_t before;
  REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
  // On one processor, most are killed before they have run at all.
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &one);
  REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
  for (int i = 0; i < 2 * Launcher::kSlots; ++i) {
    Client client;
    const Launched launched = StartPatiently(ShellPlan("sleep 60"), client.far);
    REQUIRE(sys::SignalPidfd(launched.pidfd, SIGKILL));
    CHECK(AwaitEnd(launched).signal == SIGKILL);
    CHECK(client.ReadToEnd().empty());
  }
  REQUIRE(::sched_setaffinity(0, sizeof before, &before) == 0);
  for (int i = 0; i < Launcher::kSlots; ++i) {
    CHECK(Run(PartsFor({"/bin/echo", "own"})).text == "own\n");
  }
}

TEST_CASE("A stopped program does not hold up the next") {
  TheLauncher();
  Client stopped;
  const Launched launched =
      StartPatiently(ShellPlan("echo stopping; kill -STOP $$; echo woken"), stopped.far);
  siginfo_t info{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(launched.pid), &info, WSTOPPED) == 0);
  for (int i = 0; i < 2 * Launcher::kSlots; ++i) {
    CHECK(Run(PartsFor({"/bin/echo", "next"})).text == "next\n");
  }
  REQUIRE(sys::SignalPidfd(launched.pidfd, SIGCONT));
  CHECK(stopped.ReadToEnd() == "stopping\nwoken\n");
  CHECK(AwaitEnd(launched).status == 0);
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

TEST_CASE("When no process can be had, the connection is given back") {
  Launcher& launcher = TheLauncher();
  Client client;
  const auto plan = ShellPlan("echo ran");
  // RLIMIT_NPROC does not bind root (setrlimit(2)).
  CHECK(testlib::StatusOfChild([&] {
          const rlimit none{0, 0};
          if (::setrlimit(RLIMIT_NPROC, &none) != 0) return 1;
          if (!sys::BecomeUser(kNobody, kNobody)) return 2;
          const auto launched = launcher.Start(plan, {}, client.far);
          if (launched || launched.error().number != EAGAIN) return 3;
          if (!client.far || ::fcntl(client.far.get(), F_GETFD) < 0) return 4;
          // Nor is a copy of it kept.
          client.far.Reset();
          char byte = 0;
          return static_cast<int>(::recv(client.near.get(), &byte, 1, MSG_DONTWAIT));
        }) == 255);  // the parent has it open too
  client.far.Reset();
  CHECK(client.ReadToEnd().empty());
}

TEST_CASE("A launcher whose numbers are taken is not made") {
  CHECK(testlib::StatusOfChild([] {
          for (int fd = Launcher::kReportDescriptor; fd < Launcher::kFirstFree; ++fd) {
            if (!sys::CloseFrom(Launcher::kReportDescriptor)) return 1;
            if (::dup2(0, fd) != fd) return 2;
            const auto launcher = Launcher::Make();
            if (launcher || launcher.error().number != EBUSY) return 3;
            if (launcher.error().object != "descriptor " + std::to_string(fd)) return 4;
            if (::fcntl(fd, F_GETFD) < 0) return 5;
          }
          return 0;
        }) == 0);
}

TEST_CASE("A launcher takes the numbers it claims and none is passed on") {
  CHECK(testlib::StatusOfChild([] {
          if (!sys::CloseFrom(Launcher::kReportDescriptor)) return 1;
          const auto launcher = Launcher::Make();
          if (!launcher) return 2;
          for (int fd = Launcher::kReportDescriptor; fd < Launcher::kFirstFree; ++fd) {
            if (::fcntl(fd, F_GETFD) != FD_CLOEXEC) return 3;
          }
          return (*launcher)->report_descriptor().get() >= Launcher::kFirstFree ? 0 : 4;
        }) == 0);
}

TEST_CASE("Every step has a name") {
  for (auto step = LaunchStep::kDetach; step <= LaunchStep::kExecute;
       step = static_cast<LaunchStep>(static_cast<std::uint32_t>(step) + 1)) {
    CHECK(StepText(step) != "unknown step");
  }
  CHECK(StepText(static_cast<LaunchStep>(99)) == "unknown step");
}

}  // namespace
}  // namespace postern::sandbox
