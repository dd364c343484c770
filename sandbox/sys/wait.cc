// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/wait.h"

#include <poll.h>

#include <algorithm>
#include <limits>
#include <span>

#include "sandbox/sys/events.h"

namespace postern::sandbox::sys {
namespace {

Status Await(std::span<pollfd> waits, const Deadline& deadline) {
  for (;;) {
    const auto left = std::min<std::chrono::milliseconds::rep>(deadline.left().count(),
                                                               std::numeric_limits<int>::max());
    const int ready = ::poll(waits.data(), waits.size(), static_cast<int>(left));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return LastError("poll");
    if (deadline.left().count() == 0) return std::unexpected(Error{"poll", ETIMEDOUT, {}});
  }
}

}  // namespace

Deadline::Deadline(std::chrono::milliseconds from_now) : when_(BootTime() + from_now) {}

std::chrono::milliseconds Deadline::left() const {
  return std::max(when_ - BootTime(), std::chrono::milliseconds(0));
}

Status AwaitReadable(const UniqueFd& fd, const Deadline& deadline) {
  pollfd wait{fd.get(), POLLIN, 0};
  return Await({&wait, 1}, deadline);
}

Status AwaitWritable(const UniqueFd& fd, const Deadline& deadline) {
  pollfd wait{fd.get(), POLLOUT, 0};
  return Await({&wait, 1}, deadline);
}

Status AwaitEither(const UniqueFd& a, const UniqueFd& b, const Deadline& deadline) {
  pollfd waits[] = {{a.get(), POLLIN, 0}, {b.get(), POLLIN, 0}};
  return Await(waits, deadline);
}

}  // namespace postern::sandbox::sys
