// SPDX-License-Identifier: BSD-2-Clause
// Under which daemon names hosts.allow and hosts.deny are asked about a service.
#pragma once

#include <string>
#include <vector>

#include "policy/service/service_spec.h"

namespace postern::wrapper {

// In the order of asking; each may refuse. The name xinetd gives libwrap, unless the service says
// NOLIBWRAP; then, for a program started through tcpd, the name tcpd gives. Empty: nobody asks.
std::vector<std::string> HostsNames(const policy::ServiceSpec& spec);

}  // namespace postern::wrapper
