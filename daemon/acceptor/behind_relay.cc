// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/behind_relay.h"

#include <algorithm>
#include <limits>

namespace postern::daemon {

bool BehindRelay(const policy::ServiceSpec& spec) {
  return spec.confinement && spec.confinement->profile != policy::SandboxProfile::kNone &&
         spec.confinement->network == policy::NetworkAccess::kRelay;
}

std::uint32_t WireIdleTimeout(std::optional<std::uint64_t> seconds) {
  constexpr std::uint64_t kLongest = std::numeric_limits<std::uint32_t>::max() / 1000;  // 49 days
  return static_cast<std::uint32_t>(std::min(seconds.value_or(0), kLongest) * 1000);
}

}  // namespace postern::daemon
