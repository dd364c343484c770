// SPDX-License-Identifier: BSD-2-Clause
// How far the loop of a helper is.
#pragma once

#include <cstdint>

namespace postern::daemon {

enum class HelperState : std::uint8_t {
  kRunning,
  kChannelClosed,  // the ordinary end
  kGarbage,        // posternd said something that is not in the protocol
  kFailed,         // the system has: the poller, or what the helper cannot do without
};

}  // namespace postern::daemon
