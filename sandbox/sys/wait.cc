// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/wait.h"

#include <poll.h>

#include <algorithm>
#include <limits>

#include "sandbox/sys/events.h"

namespace postern::sandbox::sys {
namespace {

Status Await(const UniqueFd& fd, const Deadline& deadline, short events) {
  for (;;) {
    pollfd wait{fd.get(), events, 0};
    const auto left = std::min<std::chrono::milliseconds::rep>(deadline.left().count(),
                                                               std::numeric_limits<int>::max());
    const int ready = ::poll(&wait, 1, static_cast<int>(left));
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
  return Await(fd, deadline, POLLIN);
}

Status AwaitWritable(const UniqueFd& fd, const Deadline& deadline) {
  return Await(fd, deadline, POLLOUT);
}

}  // namespace postern::sandbox::sys
