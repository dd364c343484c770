// SPDX-License-Identifier: BSD-2-Clause
// A helper's frames on their way to posternd, which may read more slowly than they are made.
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "daemon/helper_protocol.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

class FrameQueue {
 public:
  template <typename Frame>
  void Push(const Frame& frame) {
    const auto bytes = AsFrame(frame);
    frames_.emplace_back(bytes.begin(), bytes.end());
  }

  enum class Sent : std::uint8_t { kAll, kSome, kChannelGone };
  Sent Flush(const sandbox::sys::UniqueFd& channel);

  // So many wait that nothing more should be asked.
  bool crowded() const { return frames_.size() >= kCrowd; }

 private:
  static constexpr std::size_t kCrowd = 256;
  std::deque<std::vector<std::byte>> frames_;
};

}  // namespace postern::daemon
