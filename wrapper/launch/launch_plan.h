// SPDX-License-Identifier: BSD-2-Clause
// From what a service shall run as (policy) to what sandbox::Launcher can start.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "policy/service/service_spec.h"
#include "sandbox/launch_plan.h"

namespace postern::wrapper {

// What the daemon itself had when it was started, and its services inherit or count from.
struct Inherited {
  std::uint64_t open_files = 1024;  // the hard limit then: services get it as soft and hard
  std::uint32_t umask = 022;
  int priority = 0;
  bool root = true;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};
Inherited ReadInherited();

std::shared_ptr<const sandbox::LaunchPlan> MakeLaunchPlan(const policy::ServiceSpec& spec,
                                                          const Inherited& inherited);

// The same rights, limits and environment for what is started in the place of the plan's program.
// `words` are the gate's own, in front of the program and its arguments.
std::shared_ptr<const sandbox::LaunchPlan> ThroughGate(const sandbox::LaunchPlan& plan,
                                                       const std::string& gate,
                                                       const std::vector<std::string>& words);
std::shared_ptr<const sandbox::LaunchPlan> Unwrapped(const sandbox::LaunchPlan& plan,
                                                     const policy::Wrapped& wrapped);

}  // namespace postern::wrapper
