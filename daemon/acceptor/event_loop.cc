// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/event_loop.h"

#include <algorithm>
#include <utility>

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

// A token is an entry's index and its generation, so that an event of a forgotten watch whose entry
// is in use again is told apart.
constexpr std::uint64_t kTimerToken = ~std::uint64_t{0};

std::uint64_t MakeToken(std::size_t index, std::uint32_t generation) {
  return (static_cast<std::uint64_t>(generation) << 32) | index;
}

}  // namespace

sys::Result<std::unique_ptr<EventLoop>> EventLoop::Make() {
  TRY(sys::Poller poller, sys::Poller::Make());
  TRY(sys::UniqueFd timer, sys::MakeTimer());
  TRY_STATUS(poller.Add(timer, sys::kReadable, kTimerToken));
  return std::unique_ptr<EventLoop>(new EventLoop(std::move(poller), std::move(timer)));
}

EventLoop::EventLoop(sys::Poller poller, sys::UniqueFd timer)
    : poller_(std::move(poller)), timer_(std::move(timer)), now_(sys::BootTime()) {}

sys::Result<EventLoop::WatchId> EventLoop::Watch(const sys::UniqueFd& fd, std::uint32_t interest,
                                                 EventHandler& handler) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(entries_.size()));
    entries_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  Entry& entry = entries_[index];
  const WatchId id = MakeToken(index, entry.generation);
  TRY_STATUS(poller_.Add(fd, interest, id));
  free_.pop_back();
  entry.handler = &handler;
  return id;
}

sys::Status EventLoop::Rewatch(const sys::UniqueFd& fd, WatchId id, std::uint32_t interest) {
  return poller_.Change(fd, interest, id);
}

void EventLoop::Unwatch(const sys::UniqueFd& fd, WatchId& id) {
  if (id == 0) return;
  const auto index = static_cast<std::uint32_t>(id);
  Entry& entry = entries_[index];
  entry.handler = nullptr;
  ++entry.generation;
  free_.push_back(index);
  id = 0;
  sys::IgnoreError(poller_.Remove(fd), "a descriptor that is closed already is not watched");
}

EventLoop::TimerId EventLoop::After(std::chrono::milliseconds delay, std::function<void()> action) {
  const TimerId id = next_timer_++;
  timer_of_.emplace(id, timers_.emplace(sys::BootTime() + delay, Timer{id, std::move(action)}));
  RearmTimer();
  return id;
}

void EventLoop::Cancel(TimerId& id) {
  if (id == 0) return;
  const auto found = timer_of_.find(std::exchange(id, 0));
  if (found == timer_of_.end()) return;
  timers_.erase(found->second);
  timer_of_.erase(found);
}

sys::Status EventLoop::Turn() {
  TRY(const auto events, poller_.Wait(std::chrono::milliseconds(-1)));
  now_ = sys::BootTime();
  for (const sys::Event& event : events) Deliver(event);
  return {};
}

void EventLoop::Deliver(const sys::Event& event) {
  if (event.token == kTimerToken) {
    FireTimers();
    return;
  }
  const auto index = static_cast<std::uint32_t>(event.token);
  const Entry& entry = entries_[index];
  const bool current = entry.generation == static_cast<std::uint32_t>(event.token >> 32);
  if (current && entry.handler != nullptr) entry.handler->OnReady(event.ready);
}

void EventLoop::FireTimers() {
  sys::AcknowledgeTimer(timer_);
  armed_for_ = {};
  while (!timers_.empty() && timers_.begin()->first <= now_) {
    // Taken out first: the action may set or cancel timers.
    const Timer due = std::move(timers_.begin()->second);
    timer_of_.erase(due.id);
    timers_.erase(timers_.begin());
    due.action();
  }
  RearmTimer();
}

void EventLoop::RearmTimer() {
  if (timers_.empty() || timers_.begin()->first == armed_for_) return;
  armed_for_ = timers_.begin()->first;
  sys::IgnoreError(
      sys::ArmTimer(timer_, std::max(armed_for_ - sys::BootTime(), std::chrono::milliseconds(0))),
      "timerfd_settime fails only for arguments that we never pass");
}

}  // namespace postern::daemon
