// SPDX-License-Identifier: BSD-2-Clause
// A descriptor together with what the poller watches it for, so that the two cannot part.
//
// Closing alone would not do: posternd or a service may hold the same open file, and epoll(7) keeps
// reporting it until the last of them closes. So the registration is taken back first.
#pragma once

#include <cstdint>

#include "sandbox/sys/events.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

class WatchedFd {
 public:
  WatchedFd() = default;
  WatchedFd(sandbox::sys::UniqueFd fd, sandbox::sys::Poller& poller, std::uint64_t token)
      : fd_(std::move(fd)), poller_(&poller), token_(token) {}
  ~WatchedFd() { Unwatch(); }
  WatchedFd(WatchedFd&& other) noexcept;
  WatchedFd& operator=(WatchedFd&& other) noexcept;

  // Interest 0 keeps watching for failure alone, told once.
  sandbox::sys::Status Watch(std::uint32_t interest);
  bool watches(std::uint32_t interest) const { return (interest_ & interest) != 0; }

  void Close();

  const sandbox::sys::UniqueFd& fd() const { return fd_; }

 private:
  void Unwatch();

  sandbox::sys::UniqueFd fd_;
  sandbox::sys::Poller* poller_ = nullptr;
  std::uint64_t token_ = 0;
  std::uint32_t interest_ = 0;
  bool watched_ = false;
};

}  // namespace postern::daemon
