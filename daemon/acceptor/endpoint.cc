// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/endpoint.h"

namespace postern::daemon {

std::optional<policy::Endpoint> EndpointOf(const sandbox::sys::SocketAddress& address) {
  if (!address.known() || !address.is_inet()) return std::nullopt;
  return policy::Endpoint{policy::IpAddress::FromV6(address.address_bytes()), address.port()};
}

std::optional<policy::IpAddress> AddressOf(const sandbox::sys::SocketAddress& address) {
  if (!address.known() || !address.is_inet()) return std::nullopt;
  return policy::IpAddress::FromV6(address.address_bytes());
}

sandbox::sys::SocketKind SocketKindOf(policy::SocketType type) {
  switch (type) {
    case policy::SocketType::kStream:
      return sandbox::sys::SocketKind::kStream;
    case policy::SocketType::kDgram:
      return sandbox::sys::SocketKind::kDgram;
    case policy::SocketType::kSeqpacket:
      return sandbox::sys::SocketKind::kSeqpacket;
    case policy::SocketType::kRaw:
      return sandbox::sys::SocketKind::kRaw;
  }
  return sandbox::sys::SocketKind::kStream;
}

}  // namespace postern::daemon
