// SPDX-License-Identifier: BSD-2-Clause
// What the tests of launching share: the one Launcher a process can have, plans, and clients.
#pragma once

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/launch.h"
#include "sandbox/sys/events.h"
#include "sandbox/sys/process.h"

namespace postern::sandbox {

using sys::UniqueFd;

inline constexpr int kPatienceMs = 20'000;
inline constexpr std::uint32_t kNobody = 65534;

// Whatever started the tests may have left descriptors open where the launcher's belong.
inline Launcher& TheLauncher() {
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

inline LaunchPlan::Parts PartsFor(std::vector<std::string> argv) {
  LaunchPlan::Parts parts;
  parts.path = argv.front();
  parts.argv = std::move(argv);
  parts.change_user = false;
  return parts;
}

inline std::shared_ptr<const LaunchPlan> PlanFor(LaunchPlan::Parts parts) {
  return std::make_shared<const LaunchPlan>(std::move(parts));
}

inline std::shared_ptr<const LaunchPlan> ShellPlan(const std::string& script) {
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

// EBUSY is the caller's to wait out, and on a loaded machine it does come.
inline Launched StartPatiently(const std::shared_ptr<const LaunchPlan>& plan,
                               UniqueFd& connection) {
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

inline sys::Exit AwaitEnd(const Launched& launched) {
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

inline Outcome Run(LaunchPlan::Parts parts, const std::vector<std::string>& extra = {}) {
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

}  // namespace postern::sandbox
