// SPDX-License-Identifier: BSD-2-Clause
// From the lines of a service to what its confinement is: profile defaults and edits, merged.
//
// Pure. What contradicts itself is the business of check_confinement.cc; the values here are then
// those of a service that never runs.
#pragma once

#include <span>
#include <string_view>

#include "policy/service/confinement.h"
#include "policy/service/settings.h"

namespace postern::policy {

Confinement ResolveConfinement(const Settings& settings, bool runs_as_root);

// The names of the attributes that say how a service is confined; in the order of the table.
std::span<const std::string_view> ConfinementAttributes();

}  // namespace postern::policy
