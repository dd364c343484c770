// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/helper_channel.h"

#include <cerrno>

namespace postern::daemon {

namespace sys = sandbox::sys;

sys::Result<HelperChannel> HelperChannel::Make(sys::UniqueFd channel) {
  TRY(sys::Poller poller, sys::Poller::Make());
  HelperChannel made(std::move(channel), std::move(poller));
  TRY_STATUS(made.poller_.Add(made.channel_, made.interest_, kToken));
  return made;
}

void HelperChannel::End(HelperState state) {
  if (running()) state_ = state;
}

std::span<const sys::Event> HelperChannel::Wait(std::chrono::milliseconds longest) {
  Flush();
  if (!running()) return {};
  const auto events = poller_.Wait(longest);
  if (events) return *events;
  End(HelperState::kFailed);
  return {};
}

std::optional<HelperChannel::Asked> HelperChannel::Next() {
  if (!running() || crowded()) return std::nullopt;
  auto received = sandbox::ReceiveFrame(channel_, buffer_);
  if (received && received->length != 0) {
    const auto frame = std::span<const std::byte>(buffer_).first(received->length);
    return Asked{frame, std::move(*received)};
  }
  if (received || received.error().number != EAGAIN) {
    const bool garbage = !received && received.error().number == EBADMSG;
    End(garbage ? HelperState::kGarbage : HelperState::kChannelClosed);
  }
  return std::nullopt;
}

void HelperChannel::Flush() {
  const auto sent = answers_.Flush(channel_);
  if (sent == FrameQueue::Sent::kChannelGone) return End(HelperState::kChannelClosed);
  const std::uint32_t interest =
      (crowded() ? 0U : sys::kReadable) | (sent == FrameQueue::Sent::kSome ? sys::kWritable : 0U);
  if (interest == interest_) return;
  if (!poller_.Change(channel_, interest, kToken)) return End(HelperState::kFailed);
  interest_ = interest;
}

}  // namespace postern::daemon
