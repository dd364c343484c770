// SPDX-License-Identifier: BSD-2-Clause
// The name service of libc: addresses and names, netgroups. Each call may take as long as the
// resolver is configured to; who cannot wait runs it elsewhere (sandbox/quiet_child.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbox/sys/sockets.h"

namespace postern::sandbox::sys {

// The printed form, with the zone of a link-local address; "localhost" for a Unix-domain socket,
// as getnameinfo(3) has it; nullopt when there is none.
std::optional<std::string> NumericHost(const SocketAddress& address);

std::optional<std::string> ReverseName(const SocketAddress& address);  // only a name, no digits

struct ForwardAnswer {
  std::string canonical_name;  // empty: none was told
  std::vector<SocketAddress> addresses;
};
// Addresses of one family. nullopt: no such name, or no answer.
std::optional<ForwardAnswer> ForwardLookup(const std::string& name, bool v4);

bool IsNumericHost(const std::string& text, bool v4);  // as getaddrinfo(3) reads numbers

// Whether there is a network interface of this name (if_nametoindex(3)); an error leaves it open.
Result<bool> HasInterface(const std::string& name);

// The same host: family, address and, for IPv6, the zone. Ports do not count.
bool IsSameHost(const SocketAddress& a, const SocketAddress& b);

// innetgr(3) in the machine's NIS domain, if it has one.
bool InNetgroup(const std::string& group, const std::string& host);

}  // namespace postern::sandbox::sys
