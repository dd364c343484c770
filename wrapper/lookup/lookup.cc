// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/lookup/lookup.h"

#include "policy/address/ip_address.h"

namespace postern::wrapper {

sandbox::sys::SocketAddress Unmapped(const sandbox::sys::SocketAddress& address) {
  if (!address.is_inet() || address.is_v4()) return address;
  const auto bytes = address.address_bytes();
  if (!policy::IpAddress::FromV6(bytes).is_v4()) return address;
  return sandbox::sys::SocketAddress::Inet(bytes, address.port(), true);
}

}  // namespace postern::wrapper
