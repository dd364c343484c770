// SPDX-License-Identifier: BSD-2-Clause
// The first field of an inetd.conf line: where the service listens, and its name.
#include <algorithm>
#include <optional>

#include "policy/address/host_name.h"
#include "policy/address/numbers_and_dots.h"
#include "policy/base/text.h"
#include "policy/service/inetd_fields.h"

namespace postern::policy {
namespace {

constexpr std::size_t kMaxHosts = 64;
constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxUnixPath = 107;  // unix(7): sun_path, less its final NUL

std::string Quote(std::string_view text) { return '"' + std::string(text) + '"'; }

bool IsNameByte(char c) {
  const char lower = ToLower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("-_.+*").contains(c);
}

bool ParseHost(const InetdWord& word, std::size_t offset, std::string_view text,
               InetdReport& report, std::vector<InetdHost>& hosts) {
  const bool bracketed = text.starts_with('[') && text.ends_with(']') && text.size() > 2;
  if (bracketed) text = text.substr(1, text.size() - 2);
  const std::optional<IpAddress> address = IpAddress::Parse(text);
  if (text.contains(':') && !bracketed) {
    report.Error(word, offset, "bad-listen-address",
                 "an IPv6 address needs brackets in front of ':'",
                 address ? "write [" + std::string(text) + "]:" : "");
    return false;
  }
  if (!address) {
    const HostNameCheck check = CheckHostName(text);
    if (bracketed || IsNumbersAndDots(text) || !check.problem.empty()) {
      report.Error(word, offset, "bad-listen-address",
                   Quote(text) + " is neither an address nor a host name");
      return false;
    }
  }
  hosts.push_back({std::string(text), address});
  return true;
}

// "name/2" and "name/1-3"; `slash` is where the version starts.
bool ParseRpcVersions(const InetdWord& word, std::size_t slash, InetdReport& report,
                      InetdEntry& entry) {
  const std::string_view versions = std::string_view(word.text).substr(slash + 1);
  const std::size_t dash = std::min(versions.find('-'), versions.size());
  const std::optional<std::uint64_t> low = ParseUnsigned(versions.substr(0, dash), 0xffffffff);
  const std::optional<std::uint64_t> high =
      dash < versions.size() ? ParseUnsigned(versions.substr(dash + 1), 0xffffffff) : low;
  if (!low || !high || *low > *high) {
    report.Error(word, slash + 1, "bad-rpc-version",
                 Quote(versions) + ": a version or a range low-high is expected");
    return false;
  }
  entry.rpc = InetdRpc{static_cast<std::uint32_t>(*low), static_cast<std::uint32_t>(*high)};
  return true;
}

bool CheckNameSyntax(const InetdWord& word, std::size_t offset, std::string_view name,
                     InetdReport& report) {
  if (!name.empty() && name.size() <= kMaxName && std::ranges::all_of(name, IsNameByte))
    return true;
  report.Error(word, offset, "bad-service-name",
               Quote(name.substr(0, kMaxName)) +
                   ": a name of /etc/services, a port number or a /path is expected");
  return false;
}

bool ParsePort(const InetdWord& word, std::size_t offset, std::string_view text,
               InetdReport& report, InetdEntry& entry) {
  const std::optional<std::uint64_t> port = ParseUnsigned(text, 65535);
  if (!port || *port == 0) {
    report.Error(word, offset, "bad-port",
                 Quote(text.substr(0, kMaxName)) + " is not a port: 1 to 65535 is expected");
    return false;
  }
  entry.name_kind = InetdNameKind::kPort;
  entry.port = static_cast<std::uint16_t>(*port);
  entry.name = text;
  return true;
}

bool ParseUnixPath(const InetdWord& word, std::size_t offset, InetdReport& report,
                   InetdEntry& entry) {
  entry.name_kind = InetdNameKind::kUnixPath;
  entry.name = word.text.substr(offset);
  if (entry.name.starts_with('/') && entry.name.size() > 1 && entry.name.size() <= kMaxUnixPath) {
    return true;
  }
  report.Error(word, offset, "bad-unix-path",
               "expected the absolute path of a socket, of 107 bytes at most");
  return false;
}

std::optional<std::uint32_t> ParseMode(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  std::uint32_t mode = 0;
  for (const char c : text) {
    if (c < '0' || c > '7') return std::nullopt;
    mode = mode << 3 | static_cast<std::uint32_t>(c - '0');
  }
  return mode <= 0777 ? std::optional(mode) : std::nullopt;
}

}  // namespace

std::size_t InetdPrefixLength(std::string_view name) {
  if (name.starts_with('/')) return std::string_view::npos;
  const std::size_t colon = name.rfind(':');
  const std::size_t bracket = name.rfind(']');
  if (bracket != std::string_view::npos && colon != std::string_view::npos && colon < bracket) {
    return std::string_view::npos;  // "[::1]" without a service
  }
  return colon;
}

bool ParseInetdHosts(const InetdWord& word, std::size_t length, InetdReport& report,
                     std::vector<InetdHost>& hosts) {
  hosts.clear();
  const std::string_view list = std::string_view(word.text).substr(0, length);
  if (list == "*") return true;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    if (hosts.size() == kMaxHosts) {
      report.Error(word, at, "bad-listen-address", "more than the 64 addresses allowed");
      return false;
    }
    if (!ParseHost(word, at, list.substr(at, end - at), report, hosts)) return false;
    at = end + 1;
  }
  return true;
}

bool ParseInetdName(const InetdWord& word, std::size_t offset, InetdReport& report,
                    InetdEntry& entry) {
  std::string_view name = std::string_view(word.text).substr(offset);
  if (name.starts_with('/')) return ParseUnixPath(word, offset, report, entry);
  if (name.starts_with("tcpmux/")) {
    const bool plus = name.starts_with("tcpmux/+");
    const std::size_t prefix = plus ? 8 : 7;
    entry.name_kind = plus ? InetdNameKind::kTcpmuxPlus : InetdNameKind::kTcpmux;
    offset += prefix;
    name.remove_prefix(prefix);
  } else if (const std::size_t slash = name.find('/'); slash != std::string_view::npos) {
    if (!ParseRpcVersions(word, offset + slash, report, entry)) return false;
    name = name.substr(0, slash);
  } else if (IsAllDigits(name)) {
    return ParsePort(word, offset, name, report, entry);
  }
  entry.name = name;
  return CheckNameSyntax(word, offset, name, report);
}

// FreeBSD inetd.conf(5): ":user:group:mode:/path/to/socket".
bool ParseInetdUnixName(const InetdWord& word, InetdReport& report, InetdEntry& entry) {
  const std::string_view text = word.text;
  const std::size_t group = text.find(':', 1);
  const std::size_t mode = group == std::string_view::npos ? group : text.find(':', group + 1);
  const std::size_t path = mode == std::string_view::npos ? mode : text.find(':', mode + 1);
  if (path == std::string_view::npos) {
    report.Error(word, 0, "bad-unix-path", "expected :user:group:mode:/path");
    return false;
  }
  entry.unix_socket.user = text.substr(1, group - 1);
  entry.unix_socket.group = text.substr(group + 1, mode - group - 1);
  const std::string_view digits = text.substr(mode + 1, path - mode - 1);
  entry.unix_socket.mode = ParseMode(digits);
  if (!entry.unix_socket.mode && !digits.empty()) {
    report.Error(word, mode + 1, "bad-unix-mode", Quote(digits) + ": octal 0 to 0777 is expected");
    return false;
  }
  return ParseUnixPath(word, path + 1, report, entry);
}

}  // namespace postern::policy
