// SPDX-License-Identifier: BSD-2-Clause
// The network interfaces that patterns and addresses name: "[fe80::1%eth0]" is an address for
// getaddrinfo(3), and so for tcp_wrappers, only where there is an eth0.
#pragma once

#include <string>

#include "policy/hosts/pattern.h"
#include "policy/hosts/request.h"

namespace postern::wrapper {

// As it is now. What cannot be told is unknown.
policy::hosts::Presence InterfacePresence(const std::string& name);

// Notes in the request which interfaces that its texts name are not there. For a request whose
// addresses do not come from a socket; those that do name interfaces that are.
void AskForInterfaces(policy::hosts::Request& request);

}  // namespace postern::wrapper
