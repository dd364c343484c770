// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/events.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

namespace postern::sandbox::sys {

static_assert(kReadable == EPOLLIN && kWritable == EPOLLOUT && kFailed == EPOLLERR &&
              kHangUp == EPOLLHUP && kPeerClosed == EPOLLRDHUP && kToldOnce == EPOLLET);

namespace {

sigset_t SetOf(std::initializer_list<int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) ::sigaddset(&set, signal);
  return set;
}

Status Control(const UniqueFd& epoll, int operation, const UniqueFd& fd, std::uint32_t interest,
               std::uint64_t token) {
  epoll_event event{};
  event.events = interest;
  event.data.u64 = token;
  if (::epoll_ctl(epoll.get(), operation, fd.get(), &event) != 0) return LastError("epoll_ctl");
  return {};
}

}  // namespace

Result<Poller> Poller::Make() {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return LastError("epoll_create1");
  return Poller(std::move(epoll));
}

Status Poller::Add(const UniqueFd& fd, std::uint32_t interest, std::uint64_t token) {
  return Control(epoll_, EPOLL_CTL_ADD, fd, interest, token);
}

Status Poller::Change(const UniqueFd& fd, std::uint32_t interest, std::uint64_t token) {
  return Control(epoll_, EPOLL_CTL_MOD, fd, interest, token);
}

Status Poller::Remove(const UniqueFd& fd) { return Control(epoll_, EPOLL_CTL_DEL, fd, 0, 0); }

Result<std::span<const Event>> Poller::Wait(std::chrono::milliseconds timeout) {
  epoll_event ready[kBatch];
  const int limit = static_cast<int>(std::min<std::int64_t>(timeout.count(), 3'600'000));
  const int n = ::epoll_wait(epoll_.get(), ready, kBatch, limit);
  if (n < 0 && errno == EINTR) return std::span<const Event>{};
  if (n < 0) return LastError("epoll_wait");
  for (int i = 0; i < n; ++i) events_[i] = {ready[i].data.u64, ready[i].events};
  return std::span<const Event>(events_, static_cast<std::size_t>(n));
}

Result<UniqueFd> MakeTimer() {
  UniqueFd timer(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!timer) return LastError("timerfd_create");
  return timer;
}

Status ArmTimer(const UniqueFd& timer, std::chrono::milliseconds delay) {
  itimerspec when{};
  if (delay.count() >= 0) {
    // A zero value would disarm the timer (timerfd_settime(2)).
    const auto ms = std::max<std::int64_t>(delay.count(), 1);
    when.it_value.tv_sec = ms / 1000;
    when.it_value.tv_nsec = ms % 1000 * 1'000'000;
  }
  if (::timerfd_settime(timer.get(), 0, &when, nullptr) != 0) return LastError("timerfd_settime");
  return {};
}

void AcknowledgeTimer(const UniqueFd& timer) {
  std::uint64_t expirations = 0;
  // Nothing to read means that it was rearmed meanwhile, which is as good.
  if (::read(timer.get(), &expirations, sizeof expirations) < 0) return;
}

std::chrono::milliseconds BootTime() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::milliseconds(static_cast<std::int64_t>(now.tv_sec) * 1000 +
                                   now.tv_nsec / 1'000'000);
}

Result<UniqueFd> CatchSignals(std::initializer_list<int> signals) {
  const sigset_t set = SetOf(signals);
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return LastError("sigprocmask");
  UniqueFd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return LastError("signalfd");
  return fd;
}

Result<int> NextSignal(const UniqueFd& signal_fd) {
  signalfd_siginfo info{};
  if (::read(signal_fd.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) {
    return LastError("read", "signalfd");
  }
  return static_cast<int>(info.ssi_signo);
}

void ResetSignalActions() {
  // SIGKILL, SIGSTOP and the two that libc keeps for itself refuse, which is as well.
  for (int signal = 1; signal <= SIGRTMAX; ++signal) ::signal(signal, SIG_DFL);
}

void IgnoreSignals(std::initializer_list<int> signals) {
  for (const int signal : signals) ::signal(signal, SIG_IGN);
}

}  // namespace postern::sandbox::sys
