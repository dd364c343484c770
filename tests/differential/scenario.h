// SPDX-License-Identifier: BSD-2-Clause
// A random pair of access files with what they refer to, and requests that come near their rules.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/oracle/naive_hosts_access.h"

namespace postern::differential {

struct Scenario {
  oracle::HostsWorld world;
  std::vector<oracle::HostsCaller> callers;
};

inline constexpr std::size_t kCallersPerScenario = 8;

// The same seed and index make the same scenario; pattern files are named FOLDER/f1 …
Scenario MakeScenario(std::uint64_t seed, std::uint64_t index, const std::string& folder);

}  // namespace postern::differential
