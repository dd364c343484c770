// SPDX-License-Identifier: BSD-2-Clause
// Which programs get one end of a socketpair in the place of their connection, with postern-relay
// at the other end.
#pragma once

#include <cstdint>
#include <optional>

#include "policy/service/service_spec.h"

namespace postern::daemon {

// With `network = relay`. An idle timeout needs that, since nobody but the relay sees whether a
// connection is silent. With `sandbox = none` never: what `defaults` say of either has no effect
// there (check_confinement.cc).
bool BehindRelay(const policy::ServiceSpec& spec);

// For AskSplice and AskTls: milliseconds, 0 for none.
std::uint32_t WireIdleTimeout(std::optional<std::uint64_t> seconds);

}  // namespace postern::daemon
