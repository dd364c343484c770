// SPDX-License-Identifier: BSD-2-Clause
// The address of a frame beside the policy's and the kernel's: posternd and its helpers convert
// alike.
#pragma once

#include "daemon/helper_protocol.h"
#include "policy/address/ip_address.h"
#include "sandbox/sys/sockets.h"

namespace postern::daemon {

inline WireAddress WireAddressOf(const policy::Endpoint& endpoint) {
  WireAddress wire;
  wire.bytes = endpoint.address.bytes();
  wire.port = endpoint.port;
  wire.is_v4 = endpoint.address.is_v4() ? 1 : 0;
  return wire;
}

// An IPv6 socket that speaks with IPv4 keeps its family here.
inline WireAddress WireAddressOf(const sandbox::sys::SocketAddress& address) {
  WireAddress wire;
  wire.bytes = address.address_bytes();
  wire.port = address.port();
  wire.is_v4 = address.is_v4() ? 1 : 0;
  return wire;
}

inline policy::Endpoint EndpointOf(const WireAddress& wire) {
  return {policy::IpAddress::FromV6(wire.bytes), wire.port};
}

inline sandbox::sys::SocketAddress SocketAddressOf(const WireAddress& wire) {
  return sandbox::sys::SocketAddress::Inet(wire.bytes, wire.port, wire.is_v4 != 0);
}

}  // namespace postern::daemon
