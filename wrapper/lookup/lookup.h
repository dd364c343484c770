// SPDX-License-Identifier: BSD-2-Clause
// Who is at the other end: the verified name of an address, the user of a connection, netgroups.
//
// Every answer comes within a deadline; what could not be learnt in time is unknown, and never a
// guess. What is returned was chosen by the client's own name server or ident server: it is data,
// to be filtered before a shell and escaped before a log sees it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "policy/hosts/request.h"
#include "sandbox/sys/sockets.h"

namespace postern::wrapper {

inline constexpr std::chrono::seconds kDefaultNameDeadline{10};
inline constexpr std::chrono::seconds kDefaultIdentDeadline{10};

// An IPv4-mapped IPv6 address as the IPv4 address that it is; any other unchanged. Port and all.
sandbox::sys::SocketAddress Unmapped(const sandbox::sys::SocketAddress& address);

struct NameAnswer {
  // A name that its own forward lookup confirms, or unknown, or "paranoid" when it does not.
  policy::hosts::Fact name = policy::hosts::Fact::Unknown();
  std::vector<std::string> warnings;  // why it is paranoid: "host name/name mismatch: …"
};

class Lookup {
 public:
  virtual ~Lookup() = default;

  virtual NameAnswer NameOf(const sandbox::sys::SocketAddress& address) = 0;

  // RFC 1413, asked from the connection's own local address `server`. Unknown unless both are
  // addresses of one family. The caller asks for stream connections only.
  virtual policy::hosts::Fact UserOf(const sandbox::sys::SocketAddress& client,
                                     const sandbox::sys::SocketAddress& server,
                                     std::chrono::milliseconds deadline) = 0;

  // innetgr(3) with the machine's NIS domain.
  virtual bool InNetgroup(const std::string& group, const std::string& host) = 0;
};

}  // namespace postern::wrapper
