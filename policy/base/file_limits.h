// SPDX-License-Identifier: BSD-2-Clause
// How much of a policy is read at most: every reader of its files takes the number from here.
#pragma once

#include <cstddef>
#include <string>

namespace postern::policy {

// An access file or a file of patterns; all files of one xinetd.conf together.
inline constexpr std::size_t kMaxPolicyBytes = std::size_t{64} << 20U;

inline std::string LargerThan(std::size_t bytes) {
  return "larger than " + std::to_string(bytes >> 20U) + " MiB";
}

}  // namespace postern::policy
