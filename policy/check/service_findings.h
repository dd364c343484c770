// SPDX-License-Identifier: BSD-2-Clause
// What is dangerous about services that start well: root for everybody, names where addresses
// should stand, programs behind tcpd that are not there.
//
// Codes: world-open-root name-in-no-access address-lint wrapped-program no-deny-rule
// analysis-incomplete.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/base/diagnostic.h"
#include "policy/hosts/hosts_policy.h"
#include "policy/service/service_spec.h"
#include "policy/service/system_view.h"

namespace postern::policy::check {

struct CheckedService {
  std::shared_ptr<const ServiceSpec> spec;
  std::vector<std::string> hosts_names;  // under which the access files are asked about it
  std::string wrapped;                   // the program that tcpd would start; empty: none
};

Diagnostics FindInServices(const std::vector<CheckedService>& services,
                           const hosts::HostsPolicy& policy, const SystemView& system);

// hosts.allow grants, and nothing anywhere refuses: it says nothing.
Diagnostics FindNothingRefused(const hosts::HostsPolicy& policy);

}  // namespace postern::policy::check
