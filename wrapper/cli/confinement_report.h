// SPDX-License-Identifier: BSD-2-Clause
// How a service is confined, for `postern explain`: as JSON, and as text made from it.
#pragma once

#include "policy/service/service_spec.h"
#include "wrapper/cli/json.h"

namespace postern::cli {

// {"file", "line"}, or null.
Json PlaceJson(const policy::SourceLocation* where);
// What PlaceJson made as FILE:LINE; empty for null.
std::string Place(const Json& place);
// A string of the JSON as it may be printed.
std::string Text(const Json& value);

// Steps in the order in which they are done, each with a place; null is the profile's default.
Json ConfinementJson(const policy::ServiceSpec& service);
void PrintConfinement(const Json& steps, Output& output);

// The same with the service's name in front, as the whole answer.
Json PlanJson(const policy::ServiceSpec& service);
void PrintPlan(const Json& plan, Output& output);

}  // namespace postern::cli
