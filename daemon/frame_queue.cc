// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/frame_queue.h"

#include "sandbox/channel.h"

namespace postern::daemon {

FrameQueue::Sent FrameQueue::Flush(const sandbox::sys::UniqueFd& channel) {
  while (!frames_.empty()) {
    const auto sent = sandbox::SendFrame(channel, frames_.front(), {});
    if (!sent && sandbox::sys::IsMomentary(sent.error())) return Sent::kSome;
    if (!sent) return Sent::kChannelGone;
    frames_.pop_front();
  }
  return Sent::kAll;
}

}  // namespace postern::daemon
