// SPDX-License-Identifier: BSD-2-Clause
// Many launches: the slots in which connections wait, who has which connection, and what is left
// behind.
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "sandbox/confine/credentials.h"
#include "tests/sandbox/launch_fixture.h"
#include "tests/testlib/child.h"
#include "tests/testlib/fake_call.h"

namespace postern::sandbox {
namespace {

std::size_t MappingCount() {
  std::ifstream maps("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);) ++count;
  return count;
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
    // No child of the program may outlive it and keep the connection.
    const Launched launched = StartPatiently(ShellPlan("exec sleep 60"), client.far);
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

TEST_CASE("When no process can be had, the connection is given back") {
  Launcher& launcher = TheLauncher();
  Client client;
  const auto plan = ShellPlan("echo ran");
  // RLIMIT_NPROC does not bind root (setrlimit(2)).
  CHECK(testlib::StatusOfChild([&] {
          const rlimit none{0, 0};
          if (::setrlimit(RLIMIT_NPROC, &none) != 0) return 1;
          if (!BecomeUser({true, kNobody, kNobody, {}})) return 2;
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

}  // namespace
}  // namespace postern::sandbox
