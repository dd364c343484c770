// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/relay/relay.h"

#include <algorithm>
#include <array>
#include <cerrno>

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

// A session's tokens are its serial times two, plus the side; serials start at 1.
constexpr std::uint64_t kChannelToken = 0;

// Standard descriptors, the channel, the poller, and what one message may bring.
constexpr std::size_t kReservedDescriptors = 16;

}  // namespace

sys::Result<std::unique_ptr<Relay>> Relay::Make(sys::UniqueFd channel, const RelayLimits& limits) {
  if (limits.descriptors <= kReservedDescriptors) {
    return std::unexpected(sys::Error{"getrlimit", EMFILE, "RLIMIT_NOFILE"});
  }
  TRY(sys::Poller poller, sys::Poller::Make());
  auto relay = std::make_unique<Relay>(std::move(channel), limits, std::move(poller));
  TRY_STATUS(relay->poller_.Add(relay->channel_, sys::kReadable, kChannelToken));
  relay->answers_.Push(AnswerReady{});
  return relay;
}

Relay::Relay(sys::UniqueFd channel, const RelayLimits& limits, sys::Poller poller)
    : channel_(std::move(channel)),
      limits_(limits),
      poller_(std::move(poller)),
      channel_interest_(sys::kReadable),
      now_(sys::BootTime()),
      budget_(limits.descriptors - kReservedDescriptors) {}

Relay::State Relay::Run() {
  while (Turn(std::chrono::milliseconds(-1)) == State::kRunning) {
  }
  return state_;
}

Relay::State Relay::Turn(std::chrono::milliseconds longest_wait) {
  FlushAnswers();
  if (state_ != State::kRunning) return state_;
  const auto events = poller_.Wait(NextWait(longest_wait));
  now_ = sys::BootTime();
  if (!events) {
    End(State::kFailed);
    return state_;
  }
  for (const sys::Event& event : *events) {
    if (state_ == State::kRunning) Handle(event);
  }
  if (state_ == State::kRunning) ExpireDeadlines();
  if (state_ == State::kRunning) FlushAnswers();
  return state_;
}

void Relay::Handle(const sys::Event& event) {
  if (event.token == kChannelToken) {
    if ((event.ready & ~sys::kWritable) != 0 && !answers_.crowded() && !ReadAsked()) {
      End(State::kGarbage);
    }
    return;
  }
  const Serial serial = event.token >> 1;
  const auto found = sessions_.find(serial);
  if (found == sessions_.end()) return;  // ended by an earlier event of this turn
  found->second.session->OnReady(static_cast<Side>(event.token & 1), event.ready, now_);
  Settle(serial, found->second);
}

void Relay::Settle(Serial serial, Entry& entry) {
  Session& session = *entry.session;
  const auto deadline = session.over() ? std::nullopt : session.deadline();
  if (deadline != entry.deadline) {
    if (entry.deadline) deadlines_.erase({*entry.deadline, serial});
    if (deadline) deadlines_.emplace(*deadline, serial);
    entry.deadline = deadline;
  }
  if (!session.over()) return;
  serials_.erase(session.id());
  answers_.Push(session.answer());
  sessions_.erase(serial);
}

void Relay::ExpireDeadlines() {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now_) {
    const Serial serial = deadlines_.begin()->second;
    Entry& entry = sessions_.at(serial);
    entry.session->OnDeadline(now_);
    Settle(serial, entry);
  }
}

// posternd must be able to read all answers before more is asked of us, so both wait for each other
// only through the socket's own buffer.
void Relay::FlushAnswers() {
  const auto sent = answers_.Flush(channel_);
  if (sent == AnswerQueue::Sent::kChannelGone) return End(State::kChannelClosed);
  const std::uint32_t interest = (answers_.crowded() ? 0U : sys::kReadable) |
                                 (sent == AnswerQueue::Sent::kSome ? sys::kWritable : 0U);
  if (interest == channel_interest_) return;
  if (!poller_.Change(channel_, interest, kChannelToken)) return End(State::kFailed);
  channel_interest_ = interest;
}

std::chrono::milliseconds Relay::NextWait(std::chrono::milliseconds longest) const {
  if (deadlines_.empty()) return longest;
  const auto until = std::max(deadlines_.begin()->first - sys::BootTime(), Session::Instant(0));
  return longest.count() < 0 ? until : std::min(until, longest);
}

void Relay::End(State state) {
  state_ = state;
  sessions_.clear();
}

}  // namespace postern::daemon
