// SPDX-License-Identifier: BSD-2-Clause
// Between the kernel's socket addresses and the policy's IpAddress.
#pragma once

#include <optional>

#include "policy/address/ip_address.h"
#include "policy/service/service_spec.h"
#include "sandbox/sys/sockets.h"

namespace postern::daemon {

// nullopt for a unix socket, or an address that is not known.
std::optional<policy::Endpoint> EndpointOf(const sandbox::sys::SocketAddress& address);
std::optional<policy::IpAddress> AddressOf(const sandbox::sys::SocketAddress& address);

sandbox::sys::SocketKind SocketKindOf(policy::SocketType type);

}  // namespace postern::daemon
