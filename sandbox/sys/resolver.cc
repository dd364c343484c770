// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/resolver.h"

#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <memory>

namespace postern::sandbox::sys {
namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

std::optional<std::string> NameInfo(const SocketAddress& address, int flags) {
  char name[NI_MAXHOST];
  const auto* generic = static_cast<const sockaddr*>(address.data());
  const auto length = static_cast<socklen_t>(address.length());
  if (!address.known()) return std::nullopt;
  if (::getnameinfo(generic, length, name, sizeof name, nullptr, 0, flags) != 0) {
    return std::nullopt;
  }
  return std::string(name);
}

AddressList Resolve(const std::string& name, bool v4, int flags) {
  addrinfo hints{};
  hints.ai_family = v4 ? AF_INET : AF_INET6;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* found = nullptr;
  if (::getaddrinfo(name.c_str(), nullptr, &hints, &found) != 0) found = nullptr;
  return {found, &::freeaddrinfo};
}

std::uint32_t ZoneOf(const SocketAddress& address) {
  if (address.is_v4()) return 0;
  sockaddr_in6 v6{};
  std::memcpy(&v6, address.data(), sizeof v6);
  return v6.sin6_scope_id;
}

}  // namespace

std::optional<std::string> NumericHost(const SocketAddress& address) {
  return NameInfo(address, NI_NUMERICHOST);
}

Result<bool> HasInterface(const std::string& name) {
  if (::if_nametoindex(name.c_str()) != 0) return true;
  if (errno == ENODEV) return false;
  return LastError("if_nametoindex", name);
}

std::optional<std::string> ReverseName(const SocketAddress& address) {
  return NameInfo(address, NI_NAMEREQD);
}

std::optional<ForwardAnswer> ForwardLookup(const std::string& name, bool v4) {
  const AddressList found = Resolve(name, v4, AI_CANONNAME);
  if (!found) return std::nullopt;
  ForwardAnswer answer;
  if (found->ai_canonname != nullptr) answer.canonical_name = found->ai_canonname;
  for (const addrinfo* entry = found.get(); entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_addrlen > SocketAddress::kCapacity) continue;
    SocketAddress address;
    std::memcpy(address.data(), entry->ai_addr, entry->ai_addrlen);
    address.set_length(entry->ai_addrlen);
    answer.addresses.push_back(address);
  }
  return answer;
}

bool IsNumericHost(const std::string& text, bool v4) {
  return Resolve(text, v4, AI_NUMERICHOST) != nullptr;
}

bool IsSameHost(const SocketAddress& a, const SocketAddress& b) {
  return a.is_inet() && b.is_inet() && a.is_v4() == b.is_v4() &&
         a.address_bytes() == b.address_bytes() && ZoneOf(a) == ZoneOf(b);
}

bool InNetgroup(const std::string& group, const std::string& host) {
  constexpr std::string_view kNoDomain = "(none)";
  char domain[256];
  const bool has_domain =
      ::getdomainname(domain, sizeof domain) == 0 && domain[0] != '\0' && kNoDomain != domain;
  return ::innetgr(group.c_str(), host.c_str(), nullptr, has_domain ? domain : nullptr) == 1;
}

}  // namespace postern::sandbox::sys
