// SPDX-License-Identifier: BSD-2-Clause
// The environment variables that tell a program about its connection.
//
// REMOTE_HOST as xinetd sets it; the UCSPI set (PROTO, TCPREMOTEIP, …) as tcpserver(1) does.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/address/ip_address.h"
#include "policy/service/service_spec.h"

namespace postern::daemon {

// Empty for a wait = yes stream server, which accepts its connections itself.
std::vector<std::string> ConnectionEnvironment(const policy::ServiceSpec& spec,
                                               const std::optional<policy::Endpoint>& local,
                                               const std::optional<policy::Endpoint>& peer);

}  // namespace postern::daemon
