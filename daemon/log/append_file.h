// SPDX-License-Identifier: BSD-2-Clause
// A log file that lines are appended to, and that may fill its disk at any byte.
//
// Never blocks on a FIFO or a terminal (/dev/stdout in a container): what they do not take is an
// error like a full disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

class AppendFile {
 public:
  AppendFile() = default;
  static sandbox::sys::Result<AppendFile> Open(const std::string& path);  // 0644 when created

  struct Outcome {
    std::size_t written = 0;  // bytes of `lines` that went
    std::optional<sandbox::sys::Error> error;
  };
  // Appends whole lines. After an append that was cut inside a line, the next one starts a new
  // line, so that no record continues another.
  Outcome Append(std::string_view lines);

  std::uint64_t Size() const;  // 0 when it cannot be told
  explicit operator bool() const { return static_cast<bool>(fd_); }

 private:
  sandbox::sys::UniqueFd fd_;
  bool torn_ = false;
};

}  // namespace postern::daemon
