// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/ip_options.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>

namespace postern::sandbox::sys {

Result<std::vector<std::uint8_t>> IpOptions(const UniqueFd& socket) {
  std::vector<std::uint8_t> options(MAX_IPOPTLEN);
  auto length = static_cast<socklen_t>(options.size());
  if (::getsockopt(socket.get(), IPPROTO_IP, IP_OPTIONS, options.data(), &length) != 0) {
    return LastError("getsockopt", "IP_OPTIONS");
  }
  options.resize(length);
  return options;
}

Status ClearIpOptions(const UniqueFd& socket) {
  if (::setsockopt(socket.get(), IPPROTO_IP, IP_OPTIONS, nullptr, 0) != 0) {
    return LastError("setsockopt", "IP_OPTIONS");
  }
  return {};
}

Status ShutdownBoth(const UniqueFd& socket) {
  if (::shutdown(socket.get(), SHUT_RDWR) != 0) return LastError("shutdown");
  return {};
}

}  // namespace postern::sandbox::sys
