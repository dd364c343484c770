// SPDX-License-Identifier: BSD-2-Clause
// A text on its way to a client that takes it at its own pace.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

class OutgoingText {
 public:
  OutgoingText() = default;
  explicit OutgoingText(std::string text) : text_(std::move(text)) {}

  // Sends what the client accepts now; returns how much that was, 0 when it accepts nothing.
  sandbox::sys::Result<std::size_t> Send(const sandbox::sys::UniqueFd& client);
  bool sent() const { return offset_ == text_.size(); }

 private:
  std::string text_;
  std::size_t offset_ = 0;
};

}  // namespace postern::daemon
