// SPDX-License-Identifier: BSD-2-Clause
// inetd.conf: bytes to typed lines, for the union of the classic dialects.
//
// Source: inetd.conf(5) of openbsd-inetd, GNU inetutils, FreeBSD and NetBSD, and xinetd
// -inetd_compat. Names are not looked up here: the loader turns an InetdEntry into a ServiceSpec. A
// line with an error yields no entry, only diagnostics and a HeldInetdLine, so that no service
// starts with less than was written. Any bytes are acceptable input. Fuzzed by fuzz/inetd_fuzz.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/address/ip_address.h"
#include "policy/base/diagnostic.h"
#include "policy/service/service_spec.h"

namespace postern::policy {

// One host of an address prefix "host[,host]:service".
struct InetdHost {
  std::string text;                  // as written, without brackets
  std::optional<IpAddress> address;  // nullopt: a host name
};

enum class InetdNameKind : std::uint8_t {
  kName,        // "smtp": in /etc/services (or /etc/rpc, see InetdEntry::rpc)
  kPort,        // "2323"
  kUnixPath,    // "/run/s.sock", or FreeBSD's ":user:group:mode:/run/s.sock"
  kTcpmux,      // "tcpmux/name": no port of its own
  kTcpmuxPlus,  // "tcpmux/+name": the server sends "+Go" for it
};

// Who owns a unix socket. Empty names: whom the daemon runs as.
struct InetdUnixSocket {
  std::string user, group;
  std::optional<std::uint32_t> mode;
};

// "name/2-3" of an rpc/… line.
struct InetdRpc {
  std::uint32_t low = 0, high = 0;
};

struct InetdEntry {
  SourceLocation where;       // of the service name
  SourceLocation user_where;  // of the user field
  SourceLocation program_where;
  std::string source_line;  // for the carets of the loader's own findings

  // The line's own prefix, else that of the last "host:" line; empty: every address.
  std::vector<InetdHost> hosts;
  InetdNameKind name_kind = InetdNameKind::kName;
  std::string name;        // without prefix, rpc version, "tcpmux/" and '+'; kUnixPath: the path
  std::uint16_t port = 0;  // kPort
  InetdUnixSocket unix_socket;

  SocketType socket_type = SocketType::kStream;
  std::string protocol;  // "tcp", "udp", "unix", or another name of /etc/protocols
  // Plain "tcp" is kDual, but kIpv4 when the file has the same service for tcp6 as well, so that
  // the pair of lines the BSDs need does not compete for one port. "tcp6" is kIpv6Only.
  Family family = Family::kDual;
  std::optional<InetdRpc> rpc;
  std::optional<int> send_buffer, receive_buffer;  // bytes

  bool wait = false;
  // For all four, nullopt: not written; 0: no limit.
  std::optional<std::uint32_t> max_per_minute;             // nowait.N, nowait:N
  std::optional<std::uint32_t> max_children;               // nowait/N: FreeBSD
  std::optional<std::uint32_t> max_per_source_per_minute;  // nowait/n/N
  std::optional<std::uint32_t> max_children_per_source;    // nowait/n/n/N

  std::string user;
  std::string group;  // empty: the user's own
  // The group was split off at a '.': "first.last" may be a user's name. When no user `user` exists
  // but one called `user.group` does, that one is meant.
  bool group_after_dot = false;

  bool internal = false;
  std::string program;                 // absolute path; empty when internal
  std::vector<std::string> arguments;  // argv, [0] included: the program's base name if not written
};

struct HeldInetdLine {
  std::string name;  // the service name field as written; escape before printing
  SourceLocation where;
};

struct InetdFile {
  std::vector<InetdEntry> entries;
  std::vector<HeldInetdLine> held;
  Diagnostics diagnostics;
};

InetdFile ParseInetd(std::string_view text, const std::string& file_name);

}  // namespace postern::policy
