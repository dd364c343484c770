// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/relay/relay.h"

#include <cerrno>
#include <variant>

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

// Standard descriptors, the channel, the poller, and what one message may bring.
constexpr std::size_t kReservedDescriptors = 16;

}  // namespace

sys::Result<std::unique_ptr<Relay>> Relay::Make(sys::UniqueFd channel, const RelayLimits& limits) {
  if (limits.descriptors <= kReservedDescriptors) {
    return std::unexpected(sys::Error{"getrlimit", EMFILE, "RLIMIT_NOFILE"});
  }
  TRY(HelperChannel made, HelperChannel::Make(std::move(channel)));
  auto relay = std::make_unique<Relay>(std::move(made), limits);
  relay->channel_.Answer(AnswerReady{});
  return relay;
}

Relay::Relay(HelperChannel channel, const RelayLimits& limits)
    : channel_(std::move(channel)),
      limits_(limits),
      now_(sys::BootTime()),
      budget_(limits.descriptors - kReservedDescriptors) {}

Relay::State Relay::Run() {
  while (Turn(std::chrono::milliseconds(-1)) == State::kRunning) {
  }
  return channel_.state();
}

Relay::State Relay::Turn(std::chrono::milliseconds longest_wait) {
  const auto events = channel_.Wait(WaitFor(deadlines_.first(), longest_wait));
  now_ = sys::BootTime();
  for (const sys::Event& event : events) {
    if (channel_.running()) Handle(event);
  }
  if (channel_.running()) ExpireDeadlines();
  if (!channel_.running()) sessions_.clear();
  return channel_.state();
}

// A session's tokens are its serial times two, plus the side; serials start at 1.
void Relay::Handle(const sys::Event& event) {
  if (event.token == HelperChannel::kToken) return ReadAsked();
  const Serial serial = event.token >> 1;
  const auto found = sessions_.find(serial);
  if (found == sessions_.end()) return;  // ended by an earlier event of this turn
  found->second.session->OnReady(static_cast<Side>(event.token & 1), event.ready, now_);
  Settle(serial, found->second);
}

void Relay::Settle(Serial serial, Entry& entry) {
  Session& session = *entry.session;
  deadlines_.Set(serial, session.over() ? std::nullopt : session.deadline());
  if (!session.over()) return;
  serials_.erase(session.id());
  std::visit([this](const auto& frame) { channel_.Answer(frame); }, session.answer());
  sessions_.erase(serial);
}

void Relay::ExpireDeadlines() {
  while (const auto serial = deadlines_.Due(now_)) {
    Entry& entry = sessions_.at(*serial);
    entry.session->OnDeadline(now_);
    Settle(*serial, entry);
  }
}

}  // namespace postern::daemon
