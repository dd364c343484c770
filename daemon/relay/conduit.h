// SPDX-License-Identifier: BSD-2-Clause
// Carries bytes from one stream to another, one burst at a time: first filled, then drained.
//
// With a pipe the bytes never enter the process (splice(2)); without one, and past urgent data,
// they go through a buffer that exists only while something is held. Urgent bytes themselves are
// left out, as by any reader that does not ask for them (tcp(7), "Urgent data").
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "daemon/relay/descriptor_budget.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/process.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

class Conduit {
 public:
  // From now on through a pipe, if the budget and the system grant one. Only while empty.
  void TryPipe(DescriptorBudget& budget);

  // Takes what `from` has, at most one burst. Only while empty. 0 is end of file. `told`: epoll(7)
  // has said that there is something.
  sandbox::sys::Result<std::size_t> Fill(const sandbox::sys::UniqueFd& from, bool told);
  // Gives `to` what it accepts; returns how much that was.
  sandbox::sys::Result<std::size_t> Drain(const sandbox::sys::UniqueFd& to);

  bool empty() const { return held_ == 0; }

 private:
  sandbox::sys::Result<std::size_t> FillBuffer(const sandbox::sys::UniqueFd& from);
  sandbox::sys::Result<std::size_t> DrainBuffer(const sandbox::sys::UniqueFd& to);

  DescriptorBudget::Lease lease_;
  std::optional<sandbox::sys::Pipe> pipe_;
  std::unique_ptr<std::byte[]> buffer_;  // null: what is held is in the pipe
  std::size_t start_ = 0;                // of what the buffer still holds
  std::size_t held_ = 0;
};

}  // namespace postern::daemon
