// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/relay/answer_queue.h"

#include <variant>

#include "sandbox/channel.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

sys::Status Send(const sys::UniqueFd& channel, const Answer& answer) {
  return std::visit(
      [&](const auto& frame) { return sandbox::SendFrame(channel, AsFrame(frame), {}); }, answer);
}

}  // namespace

AnswerQueue::Sent AnswerQueue::Flush(const sys::UniqueFd& channel) {
  while (!items_.empty()) {
    if (const auto status = Send(channel, items_.front()); !status) {
      return IsMomentary(status.error()) ? Sent::kSome : Sent::kChannelGone;
    }
    items_.pop_front();
  }
  return Sent::kAll;
}

}  // namespace postern::daemon
