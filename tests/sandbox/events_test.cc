// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/events.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"
#include "tests/testlib/child.h"

namespace postern::sandbox::sys {
namespace {

using std::chrono::milliseconds;

bool ReadableWithin(const UniqueFd& fd, int ms) {
  pollfd wait{fd.get(), POLLIN, 0};
  return ::poll(&wait, 1, ms) == 1;
}

TEST_CASE("Waiting tells which descriptor is ready for what, by its token") {
  auto poller = Poller::Make();
  auto first = MakePipe(true);
  const auto second = MakePipe(true);
  REQUIRE(poller->Add(first->read_end, kReadable, 11));
  REQUIRE(poller->Add(second->read_end, kReadable, ~std::uint64_t{1}));
  CHECK(poller->Wait(milliseconds(0)).value().empty());
  REQUIRE(WriteAll(second->write_end, "x"));
  auto events = poller->Wait(milliseconds(5000));
  REQUIRE(events);
  REQUIRE(events->size() == 1);
  CHECK(events->front().token == ~std::uint64_t{1});
  CHECK(events->front().ready == kReadable);

  first->write_end.Reset();
  REQUIRE(poller->Remove(second->read_end));
  events = poller->Wait(milliseconds(5000));
  REQUIRE(events->size() == 1);
  CHECK(events->front().token == 11);
  CHECK((events->front().ready & kHangUp) != 0);
}

TEST_CASE("An interest can be changed, and a stranger cannot be") {
  auto poller = Poller::Make();
  const auto pipe = MakePipe(true);
  REQUIRE(poller->Add(pipe->write_end, kReadable, 1));
  CHECK(poller->Wait(milliseconds(0)).value().empty());
  REQUIRE(poller->Change(pipe->write_end, kWritable, 2));
  const auto events = poller->Wait(milliseconds(0));
  REQUIRE(events->size() == 1);
  CHECK(events->front().token == 2);
  CHECK(events->front().ready == kWritable);
  CHECK(poller->Add(pipe->write_end, kWritable, 3).error().number == EEXIST);
  CHECK(poller->Change(pipe->read_end, kReadable, 4).error().number == ENOENT);
  CHECK(poller->Remove(pipe->read_end).error().number == ENOENT);
}

TEST_CASE("A hang-up told once is not told again") {
  auto poller = Poller::Make();
  auto pipe = MakePipe(true);
  REQUIRE(poller->Add(pipe->read_end, kToldOnce, 1));
  pipe->write_end.Reset();
  CHECK(poller->Wait(milliseconds(5000)).value().size() == 1);
  CHECK(poller->Wait(milliseconds(0)).value().empty());
}

TEST_CASE("More ready descriptors than one batch all come in turn") {
  auto poller = Poller::Make();
  std::vector<Pipe> pipes;
  for (std::uint64_t i = 0; i < 200; ++i) {
    pipes.push_back(std::move(*MakePipe(true)));
    REQUIRE(poller->Add(pipes.back().write_end, kWritable | kToldOnce, i));
  }
  std::set<std::uint64_t> seen;
  for (int turn = 0; turn < 3; ++turn) {
    const auto events = poller->Wait(milliseconds(0));
    REQUIRE(events);
    for (const Event& event : *events) seen.insert(event.token);
  }
  CHECK(seen.size() == 200);
}

TEST_CASE("A timer fires once after its delay") {
  const auto timer = MakeTimer();
  const auto before = BootTime();
  REQUIRE(ArmTimer(*timer, milliseconds(30)));
  REQUIRE(ReadableWithin(*timer, 5000));
  CHECK(BootTime() - before >= milliseconds(30));
  AcknowledgeTimer(*timer);
  CHECK_FALSE(ReadableWithin(*timer, 50));
}

TEST_CASE("A timer of no delay fires, one of a negative delay is off") {
  const auto timer = MakeTimer();
  REQUIRE(ArmTimer(*timer, milliseconds(0)));
  CHECK(ReadableWithin(*timer, 5000));
  REQUIRE(ArmTimer(*timer, milliseconds(-1)));
  AcknowledgeTimer(*timer);
  CHECK_FALSE(ReadableWithin(*timer, 50));
}

TEST_CASE("Acknowledging a timer that did not fire does not block") {
  const auto timer = MakeTimer();
  AcknowledgeTimer(*timer);
  CHECK_FALSE(ReadableWithin(*timer, 0));
}

TEST_CASE("Caught signals are read from a descriptor, one by one") {
  CHECK(testlib::StatusOfChild([] {
          const auto signals = CatchSignals({SIGHUP, SIGUSR1});
          if (!signals || NextSignal(*signals).error().number != EAGAIN) return 1;
          if (::raise(SIGUSR1) != 0 || ::raise(SIGHUP) != 0) return 2;
          const int first = NextSignal(*signals).value_or(0);
          const int second = NextSignal(*signals).value_or(0);
          if (first + second != SIGHUP + SIGUSR1 || first == second) return 3;
          return NextSignal(*signals) ? 4 : 0;
        }) == 0);
}

TEST_CASE("A signal that is not caught still ends the process") {
  const int status = testlib::InChild([] {
    const auto signals = CatchSignals({SIGHUP});
    ::raise(SIGUSR2);
    return 0;
  });
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGUSR2);
}

TEST_CASE("Signals are ignored, and reset to what they do by default") {
  CHECK(testlib::StatusOfChild([] {
          IgnoreSignals({SIGPIPE, SIGUSR1});
          ::raise(SIGUSR1);
          ResetSignalActions();
          struct sigaction action{};
          for (int signal = 1; signal < 32; ++signal) {
            if (::sigaction(signal, nullptr, &action) != 0) return 1;
            if (action.sa_handler != SIG_DFL) return 2;
          }
          return 0;
        }) == 0);
}

}  // namespace
}  // namespace postern::sandbox::sys
