// SPDX-License-Identifier: BSD-2-Clause
// Which of several TLS workers a client goes to.
//
// A client that comes back is to find the ticket keys that it was given, and these never leave the
// postern-tls that made them; so a source (IpAddress::Source) has one worker for its home, and one
// that floods burdens that one. It goes elsewhere when its home is not there, or has so many more
// sessions than another that a full handshake costs less than the wait: also one source alone is
// to be served by all processors when it has enough to do for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "policy/address/ip_address.h"

namespace postern::daemon {

// In the order in which they are preferred.
enum class WorkerFitness : std::uint8_t {
  kDown,      // cannot be asked
  kStarting,  // may be asked, and answers when it is ready
  kReady,
};

struct WorkerState {
  WorkerFitness fitness = WorkerFitness::kDown;
  std::size_t sessions = 0;
};

// A home with more sessions than twice those of the least burdened worker, and this many more, is
// left alone. Less than that is a browser with its few connections at a time.
inline constexpr std::size_t kTolerated = 8;

// `secret`: nobody outside can choose addresses that have one home.
std::uint64_t HomeOf(const policy::IpAddress& address, std::uint64_t secret);

// `home` counts round and round. nullopt: none can be asked.
std::optional<std::size_t> ChooseWorker(std::span<const WorkerState> workers, std::uint64_t home);

}  // namespace postern::daemon
