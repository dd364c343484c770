// SPDX-License-Identifier: BSD-2-Clause
// The sixteen resource limits (getrlimit(2)): names, applying, looking whether they hold.
//
// Who calls: Enter(), in a zygote. A few limits would end or starve the zygote before they reach an
// instance (its CPU time adds up over days); these it only makes room for, and each instance takes
// the whole list for itself. Everything else holds from the zygote on, but that it may be one
// process more of its user than an instance.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "sandbox/profile.h"
#include "sandbox/sys/error.h"

namespace postern::sandbox {

// "nofile" <-> RLIMIT_NOFILE.
std::optional<int> LimitNamed(std::string_view name);
std::string_view LimitName(int resource);  // empty for a number that is none

// Limits of the running process that a zygote must not have: CPU time, memory, descriptors.
bool IsForInstancesOnly(int resource);

// Sets soft and hard limit and reads them back.
sys::Status ApplyLimit(const PlannedLimit& limit);
// Raises the hard limit where it is below the plan, so that an instance may set it without rights.
sys::Status MakeRoomFor(const PlannedLimit& limit);
// One or the other, for each.
sys::Status PrepareLimits(std::span<const PlannedLimit> limits);

}  // namespace postern::sandbox
