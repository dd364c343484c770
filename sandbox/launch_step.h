// SPDX-License-Identifier: BSD-2-Clause
// What every launch has, whichever process makes it: a number, and steps between clone and execve.
#pragma once

#include <cstdint>
#include <string_view>

namespace postern::sandbox {

using LaunchId = std::uint64_t;  // chosen by who asks, never reused while it runs

inline constexpr int kLaunchFailed = 126;  // as env(1); a program may also end so by itself

// The steps in their order; a LaunchFailure names the one that failed.
enum class LaunchStep : std::uint32_t {
  kClone = 1,  // make the process
  kDetach,     // take a private descriptor table
  kReceive,    // take the connection
  kDescriptors,
  kSession,
  kLimits,
  kPriority,
  kGroups,
  kGroup,
  kUser,
  kVerify,
  kSignals,
  kDomain,  // a Landlock domain of its own
  kExecute,
};
std::string_view StepText(LaunchStep step);  // "execve", "setgroups", …

}  // namespace postern::sandbox
