// SPDX-License-Identifier: BSD-2-Clause
// What the tests of the relay share: a relay on a thread of its own, spoken to over a real channel
// as posternd would.
#pragma once

#include <signal.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <ctime>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/protocol.h"
#include "daemon/relay/relay.h"
#include "sandbox/channel.h"
#include "sandbox/sys/events.h"
#include "tests/daemon/frames.h"

namespace postern::daemon {

inline std::chrono::milliseconds ProcessorTime() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::milliseconds(used.tv_nsec / 1'000'000);
}

// What half a second costs in which there is nothing to do; a loop that spins costs all of it.
inline std::chrono::milliseconds ProcessorTimeWhileIdle() {
  const auto before = ProcessorTime();
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  return ProcessorTime() - before;
}

// posternd's side.
class RelayUnderTest {
 public:
  explicit RelayUnderTest(const RelayLimits& limits = {.descriptors = 8192}) {
    // As the program does: splice(2) knows no MSG_NOSIGNAL.
    sandbox::sys::IgnoreSignals({SIGPIPE});
    auto pair = sandbox::MakeChannel();
    REQUIRE(pair);
    channel_ = std::move(pair->ours);
    auto relay = Relay::Make(std::move(pair->theirs), limits);
    REQUIRE(relay);
    thread_ = std::thread([this, relay = std::move(*relay)] { end_ = relay->Run(); });
    Next<AnswerReady>();
  }
  ~RelayUnderTest() { Join(); }

  // Closes the channel, if it is open, and says how the relay ended.
  Relay::State Join() {
    channel_.Reset();
    return AwaitEnd();
  }
  // The same without closing the channel.
  Relay::State AwaitEnd() {
    if (thread_.joinable()) thread_.join();
    return end_;
  }

  template <typename Frame>
  void Ask(const Frame& frame, const std::vector<int>& descriptors = {}) {
    AskBytes(AsFrame(frame), descriptors);
  }
  void AskBytes(std::span<const std::byte> bytes, const std::vector<int>& descriptors = {}) {
    SendBytes(channel_, bytes, descriptors);
  }

  // False when the relay takes no more.
  template <typename Frame>
  bool TryAsk(const Frame& frame, const UniqueFd& descriptor) {
    if (!Await(channel_, POLLOUT, 300)) return false;
    const int number = descriptor.get();
    return sandbox::SendFrame(channel_, AsFrame(frame), {&number, 1}).has_value();
  }

  void Serve(SessionId id, WireBuiltin builtin, UniqueFd client) {
    AskServe ask;
    ask.header.session = id;
    ask.builtin = builtin;
    Ask(ask, {client.get()});
  }
  // What is left is the client's own end.
  UniqueFd Serve(SessionId id, WireBuiltin builtin, ConnectionEnds client) {
    Serve(id, builtin, std::move(client.far));
    return std::move(client.near);
  }
  void Stop(SessionId id) {
    AskStop ask;
    ask.header.session = id;
    Ask(ask);
  }

  // The next answer, which must be a Frame.
  template <typename Frame>
  Frame Next() {
    return NextFrame<Frame>(channel_);
  }
  // Whether an answer comes within the time.
  bool Answers(int milliseconds) { return Await(channel_, POLLIN, milliseconds); }

 private:
  UniqueFd channel_;
  std::thread thread_;
  Relay::State end_ = Relay::State::kRunning;
};

}  // namespace postern::daemon
