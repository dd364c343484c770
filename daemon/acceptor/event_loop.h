// SPDX-License-Identifier: BSD-2-Clause
// posternd's one wait: readiness of descriptors, and timers. One thread; nothing called from here
// may block.
//
// A handler may unwatch anything, itself included, while events of the same turn are still to be
// delivered: what was unwatched is not called again.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "policy/decision/facts.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/events.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

class EventHandler {
 public:
  virtual void OnReady(std::uint32_t ready) = 0;  // sys::kReadable, …

 protected:
  ~EventHandler() = default;
};

class EventLoop {
 public:
  // Zero names nothing: it is what a default-made id holds.
  using WatchId = std::uint64_t;
  using TimerId = std::uint64_t;

  static sandbox::sys::Result<std::unique_ptr<EventLoop>> Make();

  // Level-triggered. The handler must outlive the watch.
  sandbox::sys::Result<WatchId> Watch(const sandbox::sys::UniqueFd& fd, std::uint32_t interest,
                                      EventHandler& handler);
  sandbox::sys::Status Rewatch(const sandbox::sys::UniqueFd& fd, WatchId id,
                               std::uint32_t interest);
  // Forgets the watch and sets `id` to zero. Call it before the descriptor is closed.
  void Unwatch(const sandbox::sys::UniqueFd& fd, WatchId& id);

  TimerId After(std::chrono::milliseconds delay, std::function<void()> action);
  void Cancel(TimerId& id);  // nothing when it is zero or has fired; sets it to zero

  // One turn: waits for something, then delivers all of it.
  sandbox::sys::Status Turn();

  policy::Instant now() const { return now_; }  // as of the turn's beginning

 private:
  struct Entry {
    EventHandler* handler = nullptr;
    std::uint32_t generation = 1;
  };
  struct Timer {
    TimerId id;
    std::function<void()> action;
  };

  EventLoop(sandbox::sys::Poller poller, sandbox::sys::UniqueFd timer);
  void Deliver(const sandbox::sys::Event& event);
  void FireTimers();
  void RearmTimer();

  sandbox::sys::Poller poller_;
  sandbox::sys::UniqueFd timer_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> free_;
  using Timers = std::multimap<policy::Instant, Timer>;
  Timers timers_;
  std::unordered_map<TimerId, Timers::iterator> timer_of_;
  policy::Instant armed_for_{};
  TimerId next_timer_ = 1;
  policy::Instant now_{};
};

}  // namespace postern::daemon
