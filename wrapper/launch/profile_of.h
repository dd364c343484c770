// SPDX-License-Identifier: BSD-2-Clause
// From how a service shall be confined (policy) to what a zygote can apply (sandbox).
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "policy/service/service_spec.h"
#include "sandbox/launch.h"
#include "sandbox/profile.h"

namespace postern::wrapper {

// What of the kernel decides how a profile is made.
struct Machine {
  int landlock_abi = 0;  // sandbox/confine/landlock.h
  // What the daemon could hand on at most: in a container that may be less than a profile lists.
  sandbox::CapabilityMask bounding = ~sandbox::CapabilityMask{0};
};
Machine ReadMachine();

// Profile::programs, in this order.
enum class ProgramIndex : std::uint32_t { kAsWritten, kBehindTcpd, kTwist };

// kTwist runs the command that this variable holds.
inline constexpr const char* kTwistVariable = "POSTERN_TWIST";

// `plan` is the service's launch plan: programs, user and limits come from there. Null with
// `sandbox = none`. An error is one line that names what cannot be done.
std::expected<std::shared_ptr<const sandbox::Profile>, std::string> ProfileOf(
    const policy::ServiceSpec& spec, const sandbox::LaunchPlan& plan, const Machine& machine);

}  // namespace postern::wrapper
