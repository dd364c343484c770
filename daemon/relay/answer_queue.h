// SPDX-License-Identifier: BSD-2-Clause
// Answers on their way to posternd, which may read more slowly than sessions end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "daemon/relay/session.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

class AnswerQueue {
 public:
  void Push(const Answer& answer) { items_.push_back(answer); }

  enum class Sent : std::uint8_t { kAll, kSome, kChannelGone };
  Sent Flush(const sandbox::sys::UniqueFd& channel);

  // So many wait that nothing more should be asked.
  bool crowded() const { return items_.size() >= kCrowd; }

 private:
  static constexpr std::size_t kCrowd = 256;
  std::deque<Answer> items_;
};

}  // namespace postern::daemon
