// SPDX-License-Identifier: BSD-2-Clause
// Everything that is worth saying about a policy, in the order in which it is read.
//
// Pure, but for the questions to the SystemView: which programs, users and groups exist.
#pragma once

#include <string>
#include <vector>

#include "policy/base/diagnostic.h"
#include "policy/check/service_findings.h"
#include "policy/hosts/hosts_policy.h"
#include "policy/service/configuration.h"
#include "policy/service/system_view.h"

namespace postern::policy::check {

struct PolicyToCheck {
  const hosts::HostsPolicy& hosts;
  const Configuration& configuration;
  std::vector<CheckedService> services;  // those of the configuration
  std::string xinetd_path, inetd_path;   // empty: not read
};

// By file (hosts.allow, hosts.deny, then the others as they were read), line and column.
Diagnostics CheckPolicy(const PolicyToCheck& policy, const SystemView& system);

}  // namespace postern::policy::check
