// SPDX-License-Identifier: BSD-2-Clause
// posternd's end of a helper's channel, for the tests of helpers: one frame at a time, waited for.
#pragma once

#include <poll.h>

#include <array>
#include <catch2/catch.hpp>
#include <span>
#include <vector>

#include "daemon/helper_protocol.h"
#include "sandbox/channel.h"
#include "tests/daemon/connections.h"

namespace postern::daemon {

// Whether that comes, or there is room, in time.
inline bool Await(const UniqueFd& channel, short event,
                  int milliseconds = kPatienceSeconds * 1000) {
  pollfd awaited{channel.get(), event, 0};
  return ::poll(&awaited, 1, milliseconds) == 1;
}

inline void SendBytes(const UniqueFd& channel, std::span<const std::byte> bytes,
                      const std::vector<int>& lent = {}) {
  REQUIRE(Await(channel, POLLOUT));
  REQUIRE(sandbox::SendFrame(channel, bytes, lent));
}

// The next frame, which must be a Frame and come without descriptors.
template <typename Frame>
Frame NextFrame(const UniqueFd& channel) {
  REQUIRE(Await(channel, POLLIN));
  alignas(8) std::array<std::byte, kMaxFrame> buffer;
  const auto received = sandbox::ReceiveFrame(channel, buffer);
  REQUIRE(received);
  REQUIRE(received->descriptor_count == 0);
  Frame frame;
  REQUIRE(ReadFrame(std::span(buffer).first(received->length), frame));
  return frame;
}

}  // namespace postern::daemon
