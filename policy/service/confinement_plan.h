// SPDX-License-Identifier: BSD-2-Clause
// What is done to confine a service, in the order in which it is done; for `postern explain`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/service/service_spec.h"

namespace postern::policy {

struct PlanStep {
  std::string_view name;  // an attribute of posternd.conf(5), or what the profile adds: "landlock"
  std::string value;      // as a line would say it
  SourceLocation where;   // of the line that said it; without a file: the profile's default
};

// Empty for a service that postern-relay serves. The order is that of Enter() (sandbox/confine).
std::vector<PlanStep> ConfinementPlan(const ServiceSpec& spec);

}  // namespace postern::policy
