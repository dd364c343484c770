// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/relay/answer_queue.h"

#include <span>
#include <utility>

#include "sandbox/channel.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

sys::Status Send(const sys::UniqueFd& channel, const Answer& answer, const sys::UniqueFd& client) {
  const int descriptor = client.get();
  return std::visit(
      [&](const auto& frame) {
        return sandbox::SendFrame(channel, AsFrame(frame), {&descriptor, client ? 1U : 0U});
      },
      answer);
}

}  // namespace

void AnswerQueue::Push(const Answer& answer, sys::UniqueFd client, DescriptorBudget::Lease lease) {
  items_.push_back({answer, std::move(client), std::move(lease)});
}

AnswerQueue::Sent AnswerQueue::Flush(const sys::UniqueFd& channel) {
  while (!items_.empty()) {
    const Item& item = items_.front();
    if (const auto status = Send(channel, item.answer, item.client); !status) {
      return IsMomentary(status.error()) ? Sent::kSome : Sent::kChannelGone;
    }
    items_.pop_front();
  }
  return Sent::kAll;
}

}  // namespace postern::daemon
