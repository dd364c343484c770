// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/watched_fd.h"

#include <utility>

namespace postern::daemon {

namespace sys = sandbox::sys;

WatchedFd::WatchedFd(WatchedFd&& other) noexcept
    : fd_(std::move(other.fd_)),
      poller_(other.poller_),
      token_(other.token_),
      interest_(other.interest_),
      watched_(std::exchange(other.watched_, false)) {}

WatchedFd& WatchedFd::operator=(WatchedFd&& other) noexcept {
  if (this == &other) return *this;
  Unwatch();
  fd_ = std::move(other.fd_);
  poller_ = other.poller_;
  token_ = other.token_;
  interest_ = other.interest_;
  watched_ = std::exchange(other.watched_, false);
  return *this;
}

sys::Status WatchedFd::Watch(std::uint32_t interest) {
  if (watched_ && interest == interest_) return {};
  const std::uint32_t bits = interest == 0 ? sys::kToldOnce : interest;
  TRY_STATUS(watched_ ? poller_->Change(fd_, bits, token_) : poller_->Add(fd_, bits, token_));
  watched_ = true;
  interest_ = interest;
  return {};
}

void WatchedFd::Close() {
  Unwatch();
  fd_.Reset();
}

void WatchedFd::Unwatch() {
  if (!watched_) return;
  sys::IgnoreError(poller_->Remove(fd_), "it was added, and is open");
  watched_ = false;
  interest_ = 0;
}

}  // namespace postern::daemon
