// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/event_loop.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"

namespace postern::daemon {
namespace {

namespace sys = sandbox::sys;
using std::chrono::milliseconds;

struct Recorder final : EventHandler {
  std::function<void()> action = [] {};
  int calls = 0;
  std::uint32_t ready = 0;
  void OnReady(std::uint32_t bits) override {
    ++calls;
    ready = bits;
    action();
  }
};

struct Loop {
  std::unique_ptr<EventLoop> loop = std::move(EventLoop::Make().value());
  std::string order;

  void Say(char letter, int ms) {
    loop->After(milliseconds(ms), [this, letter] { order += letter; });
  }
  // Turns until a timer set after all the others has fired.
  void TurnFor(int ms) {
    bool over = false;
    loop->After(milliseconds(ms), [&over] { over = true; });
    while (!over) REQUIRE(loop->Turn());
  }
};

// A pipe with a byte in it.
struct Ready {
  sys::Pipe pipe = std::move(sys::MakePipe(true).value());
  Recorder handler;
  EventLoop::WatchId watch = 0;
  explicit Ready(EventLoop& loop) {
    REQUIRE(sys::WriteAll(pipe.write_end, "x"));
    watch = loop.Watch(pipe.read_end, sys::kReadable, handler).value();
  }
};

TEST_CASE_METHOD(Loop,
                 "Timers fire in the order of their time, equal ones in that of their setting") {
  Say('c', 60);
  Say('a', 20);
  Say('d', 60);
  Say('b', 40);
  TurnFor(100);
  CHECK(order == "abcd");
}

TEST_CASE_METHOD(Loop, "A timer does not fire before its time, and once only") {
  const auto before = sys::BootTime();
  milliseconds fired{};
  loop->After(milliseconds(40), [&] {
    fired = sys::BootTime();
    order += 'x';
  });
  TurnFor(120);
  CHECK(order == "x");
  CHECK(fired - before >= milliseconds(40));
}

TEST_CASE_METHOD(Loop, "A cancelled timer does not fire, and its id is cleared") {
  Say('a', 30);
  auto id = loop->After(milliseconds(10), [this] { order += 'x'; });
  loop->Cancel(id);
  CHECK(id == 0);
  loop->Cancel(id);
  TurnFor(60);
  CHECK(order == "a");
}

TEST_CASE_METHOD(Loop, "Cancelling the timer that is next lets the one after it fire in time") {
  auto id = loop->After(milliseconds(10), [this] { order += 'x'; });
  Say('b', 5);
  loop->Cancel(id);
  auto gone = loop->After(milliseconds(1), [this] { order += 'y'; });
  loop->Cancel(gone);
  TurnFor(40);
  CHECK(order == "b");
}

TEST_CASE_METHOD(Loop, "Of ten thousand timers all but one are cancelled, and that one fires") {
  std::vector<EventLoop::TimerId> ids;
  for (int i = 0; i < 10'000; ++i) {
    ids.push_back(loop->After(milliseconds(20), [this] { order += 'x'; }));
  }
  Say('a', 20);
  const auto before = std::chrono::steady_clock::now();
  for (auto& id : ids) loop->Cancel(id);
  // A search through the others for each would be fifty million steps.
  CHECK(std::chrono::steady_clock::now() - before < milliseconds(100));
  TurnFor(60);
  CHECK(order == "a");
}

TEST_CASE_METHOD(Loop, "A timer that has fired cancels nothing") {
  auto id = loop->After(milliseconds(5), [this] { order += 'a'; });
  Say('b', 5);
  TurnFor(20);
  Say('c', 5);
  loop->Cancel(id);
  TurnFor(20);
  CHECK(order == "abc");
}

TEST_CASE_METHOD(Loop, "An action may set and cancel timers, one due at once included") {
  EventLoop::TimerId victim = 0;
  loop->After(milliseconds(10), [&] {
    order += 'a';
    loop->Cancel(victim);
    Say('b', 0);
  });
  victim = loop->After(milliseconds(10), [this] { order += 'x'; });
  TurnFor(60);
  CHECK(order == "ab");
}

TEST_CASE_METHOD(Loop, "A ready descriptor's handler is called, every turn until it is served") {
  Ready ready(*loop);
  REQUIRE(loop->Turn());
  REQUIRE(loop->Turn());
  CHECK(ready.handler.calls == 2);
  CHECK(ready.handler.ready == sys::kReadable);
}

TEST_CASE_METHOD(Loop, "An unwatched descriptor's handler is not called") {
  Ready ready(*loop), other(*loop);
  loop->Unwatch(ready.pipe.read_end, ready.watch);
  CHECK(ready.watch == 0);
  loop->Unwatch(ready.pipe.read_end, ready.watch);
  REQUIRE(loop->Turn());
  CHECK(ready.handler.calls == 0);
  CHECK(other.handler.calls == 1);
}

TEST_CASE_METHOD(Loop, "What a handler unwatches is not called in the same turn") {
  Ready first(*loop), second(*loop);
  first.handler.action = [&] { loop->Unwatch(second.pipe.read_end, second.watch); };
  second.handler.action = [&] { loop->Unwatch(first.pipe.read_end, first.watch); };
  REQUIRE(loop->Turn());
  CHECK(first.handler.calls + second.handler.calls == 1);
}

TEST_CASE_METHOD(Loop, "A watch that takes a forgotten one's place does not get its event") {
  Ready first(*loop), second(*loop);
  const auto idle = sys::MakePipe(true);
  Recorder newcomer;
  const auto replace = [&](Ready& victim) {
    return [&] {
      if (victim.watch == 0) return;
      loop->Unwatch(victim.pipe.read_end, victim.watch);
      REQUIRE(loop->Watch(idle->read_end, sys::kReadable, newcomer));
    };
  };
  first.handler.action = replace(second);
  second.handler.action = replace(first);
  REQUIRE(loop->Turn());
  CHECK(newcomer.calls == 0);
}

TEST_CASE_METHOD(Loop, "A handler may unwatch itself") {
  Ready ready(*loop);
  ready.handler.action = [&] { loop->Unwatch(ready.pipe.read_end, ready.watch); };
  REQUIRE(loop->Turn());
  TurnFor(20);
  CHECK(ready.handler.calls == 1);
}

TEST_CASE_METHOD(Loop, "Another interest replaces the first") {
  Ready ready(*loop);
  REQUIRE(loop->Rewatch(ready.pipe.read_end, ready.watch, sys::kWritable));
  TurnFor(20);
  CHECK(ready.handler.calls == 0);
}

TEST_CASE_METHOD(Loop, "A descriptor that cannot be watched is an error and costs no place") {
  Recorder handler;
  CHECK_FALSE(loop->Watch(sys::UniqueFd(), sys::kReadable, handler));
  Ready ready(*loop);
  CHECK_FALSE(loop->Watch(ready.pipe.read_end, sys::kReadable, handler));
  REQUIRE(loop->Turn());
  CHECK(ready.handler.calls == 1);
  CHECK(handler.calls == 0);
}

TEST_CASE_METHOD(Loop, "The time is that of the turn's beginning") {
  const auto before = loop->now();
  TurnFor(30);
  CHECK(loop->now() - before >= milliseconds(30));
  CHECK(loop->now() <= sys::BootTime());
}

}  // namespace
}  // namespace postern::daemon
