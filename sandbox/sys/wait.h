// SPDX-License-Identifier: BSD-2-Clause
// Waiting for one descriptor until a point in time: for code that has no event loop.
#pragma once

#include <chrono>

#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox::sys {

// A point in time on the clock of BootTime(), which nobody can set.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds from_now);
  std::chrono::milliseconds left() const;  // never negative

 private:
  std::chrono::milliseconds when_;
};

// ETIMEDOUT when it is too late. Failure and hang-up of the other end count as ready: the call that
// follows tells them.
Status AwaitReadable(const UniqueFd& fd, const Deadline& deadline);
Status AwaitWritable(const UniqueFd& fd, const Deadline& deadline);
Status AwaitEither(const UniqueFd& a, const UniqueFd& b, const Deadline& deadline);  // for reading

}  // namespace postern::sandbox::sys
