// SPDX-License-Identifier: BSD-2-Clause
// How a service is confined while its calls are learned (posternd --learn).
//
// Nothing in the way of what the program wants to do, so that all of it is seen: it has the network
// of the host and the files that its user has, and every call that is not always denied. What it
// cannot have afterwards either is not given to it: other capabilities than the standard profile's,
// new privileges, other processes than its own.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "wrapper/launch/profile_of.h"

namespace postern::wrapper {

// As ProfileOf(), with a learning plan and never null.
std::expected<std::shared_ptr<const sandbox::Profile>, std::string> ProfileToLearn(
    const policy::ServiceSpec& spec, const sandbox::LaunchPlan& plan, const Machine& machine);

}  // namespace postern::wrapper
