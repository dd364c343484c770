// SPDX-License-Identifier: BSD-2-Clause
// epoll, timerfd and signalfd: the three ways the daemon and its helpers wait.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox::sys {

// Bits of epoll_ctl(2), under our own names so that <sys/epoll.h> stays in here.
inline constexpr std::uint32_t kReadable = 0x001;     // EPOLLIN
inline constexpr std::uint32_t kWritable = 0x004;     // EPOLLOUT
inline constexpr std::uint32_t kFailed = 0x008;       // EPOLLERR, always reported
inline constexpr std::uint32_t kHangUp = 0x010;       // EPOLLHUP, always reported
inline constexpr std::uint32_t kPeerClosed = 0x2000;  // EPOLLRDHUP
// EPOLLET: with no other interest, failure and hang-up are told once instead of for ever.
inline constexpr std::uint32_t kToldOnce = 0x80000000;

struct Event {
  std::uint64_t token = 0;
  std::uint32_t ready = 0;
};

class Poller {
 public:
  static Result<Poller> Make();

  Status Add(const UniqueFd& fd, std::uint32_t interest, std::uint64_t token);
  Status Change(const UniqueFd& fd, std::uint32_t interest, std::uint64_t token);
  Status Remove(const UniqueFd& fd);
  // Waits for ever when `timeout` is negative. An interrupted wait returns no events.
  Result<std::span<const Event>> Wait(std::chrono::milliseconds timeout);

 private:
  explicit Poller(UniqueFd epoll) : epoll_(std::move(epoll)) {}
  static constexpr int kBatch = 128;
  UniqueFd epoll_;
  Event events_[kBatch];
};

// A timer on CLOCK_BOOTTIME, so that a suspended machine does not stretch deadlines.
Result<UniqueFd> MakeTimer();
// Fires once, `delay` from now (at least one millisecond); nothing armed when negative.
Status ArmTimer(const UniqueFd& timer, std::chrono::milliseconds delay);
void AcknowledgeTimer(const UniqueFd& timer);

std::chrono::milliseconds BootTime();  // now, on the same clock

// Blocks the signals for the process and returns a descriptor they can be read from.
Result<UniqueFd> CatchSignals(std::initializer_list<int> signals);
// The next caught signal's number; EAGAIN when there is none.
Result<int> NextSignal(const UniqueFd& signal_fd);
// Every signal back to its default action: what our parent ignored (nohup(1), a shell's background
// job) would be ignored by the services too, through execve.
void ResetSignalActions();
void IgnoreSignals(std::initializer_list<int> signals);

}  // namespace postern::sandbox::sys
