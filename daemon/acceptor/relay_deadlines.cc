// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/relay_deadlines.h"

#include <utility>

namespace postern::daemon {

template <typename Action>
void RelayDeadlines::Arm(SessionId id, std::chrono::milliseconds delay, Action action) {
  EventLoop::TimerId& timer = timers_[id];
  loop_.Cancel(timer);
  timer = loop_.After(delay, std::move(action));
}

void RelayDeadlines::Expect(SessionId id, std::chrono::milliseconds within) {
  Arm(id, within, [this, id] { Stop(id); });
}

void RelayDeadlines::Stop(SessionId id) {
  AskStop ask;
  ask.header.session = id;
  // A relay that takes no requests gives no answer either, and that is found out below.
  sandbox::sys::IgnoreError(relay_.Ask(ask, {}), "the deadline stands");
  Arm(id, stop_patience_, [this, id] {
    timers_.erase(id);
    relay_.Condemn("it does not answer");
  });
}

void RelayDeadlines::Answered(SessionId id) {
  const auto found = timers_.find(id);
  if (found == timers_.end()) return;
  loop_.Cancel(found->second);
  timers_.erase(found);
}

void RelayDeadlines::Clear() {
  for (auto& [id, timer] : timers_) loop_.Cancel(timer);
  timers_.clear();
}

}  // namespace postern::daemon
