// SPDX-License-Identifier: BSD-2-Clause
// A helper's end of its channel to posternd, and the one place where the helper waits.
//
// posternd must be able to read all answers before more is asked of us, so both wait for each other
// only through the socket's own buffer: with a crowd of answers no question is taken.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "daemon/frame_queue.h"
#include "daemon/helper_protocol.h"
#include "daemon/helper_state.h"
#include "sandbox/channel.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/events.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

class HelperChannel {
 public:
  static constexpr std::uint64_t kToken = 0;  // in the poller; others are the helper's to choose
  static sandbox::sys::Result<HelperChannel> Make(sandbox::sys::UniqueFd channel);

  sandbox::sys::Poller& poller() { return poller_; }
  HelperState state() const { return state_; }
  bool running() const { return state_ == HelperState::kRunning; }
  void End(HelperState state);  // the first reason stays

  // Sends what waits, and waits itself, at most so long or, when that is negative, for ever. None
  // when the channel has ended.
  std::span<const sandbox::sys::Event> Wait(std::chrono::milliseconds longest);

  struct Asked {
    std::span<const std::byte> frame;  // until the next question
    sandbox::ReceivedFrame received;
    std::span<sandbox::sys::UniqueFd> descriptors() {
      return {received.descriptors, received.descriptor_count};
    }
  };
  // nullopt: no more for now, or the channel has ended.
  std::optional<Asked> Next();

  template <typename Frame>
  void Answer(const Frame& frame) {
    answers_.Push(frame);
  }
  bool crowded() const { return answers_.crowded(); }

 private:
  HelperChannel(sandbox::sys::UniqueFd channel, sandbox::sys::Poller poller)
      : channel_(std::move(channel)), poller_(std::move(poller)) {}
  void Flush();

  sandbox::sys::UniqueFd channel_;
  sandbox::sys::Poller poller_;
  std::uint32_t interest_ = sandbox::sys::kReadable;
  HelperState state_ = HelperState::kRunning;
  FrameQueue answers_;
  alignas(8) std::array<std::byte, kMaxFrame> buffer_{};
};

}  // namespace postern::daemon
