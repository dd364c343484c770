// SPDX-License-Identifier: BSD-2-Clause
// Socket type, protocol, wait, user and program of an inetd.conf line.
#include "policy/service/inetd_fields.h"

#include <algorithm>
#include <array>
#include <optional>

#include "policy/base/near_miss.h"
#include "policy/base/text.h"

namespace postern::policy {
namespace {

constexpr std::size_t kMaxPath = 4095;
constexpr std::uint64_t kMaxBuffer = 1u << 30;
constexpr std::uint64_t kMaxCount = 0xffffffff;

struct TypeRow {
  std::string_view name;
  SocketType type;
};
constexpr std::array<TypeRow, 4> kTypes = {{{"stream", SocketType::kStream},
                                            {"dgram", SocketType::kDgram},
                                            {"raw", SocketType::kRaw},
                                            {"seqpacket", SocketType::kSeqpacket}}};
constexpr std::array<std::string_view, 4> kTypeNames = {"stream", "dgram", "raw", "seqpacket"};

struct ProtocolRow {
  std::string_view written, protocol;
  Family family;
};
// tcp6 is IPv6 alone in openbsd-inetd, FreeBSD and NetBSD, both families in GNU inetutils. The
// former admits fewer, and lets the pair of lines "tcp4" and "tcp6" live together.
constexpr std::array<ProtocolRow, 11> kProtocols = {{{"tcp", "tcp", Family::kDual},
                                                     {"tcp4", "tcp", Family::kIpv4},
                                                     {"tcp6", "tcp", Family::kIpv6Only},
                                                     {"tcp46", "tcp", Family::kDual},
                                                     {"tcp6only", "tcp", Family::kIpv6Only},
                                                     {"udp", "udp", Family::kDual},
                                                     {"udp4", "udp", Family::kIpv4},
                                                     {"udp6", "udp", Family::kIpv6Only},
                                                     {"udp46", "udp", Family::kDual},
                                                     {"udp6only", "udp", Family::kIpv6Only},
                                                     {"unix", "unix", Family::kUnix}}};

std::string Quote(std::string_view text) { return '"' + std::string(text) + '"'; }

bool IsProtocolName(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::ranges::all_of(text, [](char c) {
    const char lower = ToLower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// "sndbuf=16k": openbsd-inetd and NetBSD, with k and m as in their manuals.
bool ParseBuffer(const InetdWord& word, std::size_t offset, std::string_view option,
                 InetdReport& report, InetdEntry& entry) {
  const std::size_t equals = std::min(option.find('='), option.size());
  const std::string_view name = option.substr(0, equals);
  if (name != "sndbuf" && name != "rcvbuf") {
    report.Error(word, offset, "bad-socket-option",
                 Quote(option) + ": only sndbuf=SIZE and rcvbuf=SIZE may follow the protocol");
    return false;
  }
  std::string_view digits = option.substr(std::min(equals + 1, option.size()));
  std::uint64_t unit = 1;
  if (digits.ends_with('k')) unit = 1024;
  if (digits.ends_with('m')) unit = 1024 * 1024;
  if (unit > 1) digits.remove_suffix(1);
  const std::optional<std::uint64_t> size = ParseUnsigned(digits, kMaxBuffer / unit);
  if (!size || *size == 0) {
    report.Error(
        word, offset, "bad-socket-option",
        "expected " + std::string(name) + "=SIZE, 1 byte to 1024m, with k or m at the end");
    return false;
  }
  (name == "sndbuf" ? entry.send_buffer : entry.receive_buffer) = static_cast<int>(*size * unit);
  return true;
}

bool ParseBuffers(const InetdWord& word, std::size_t at, InetdReport& report, InetdEntry& entry) {
  while (at < word.text.size()) {
    const std::size_t end = std::min(word.text.find(',', at + 1), word.text.size());
    const std::string_view option = std::string_view(word.text).substr(at + 1, end - at - 1);
    if (!ParseBuffer(word, at + 1, option, report, entry)) return false;
    at = end;
  }
  return true;
}

bool RefuseProtocol(const InetdWord& word, std::string_view name, InetdReport& report) {
  std::string why = Quote(name) + " is not a protocol";
  if (name.ends_with("/ttcp")) why = "T/TCP (RFC 1644) is obsolete and no kernel has it any more";
  if (name.starts_with("faith/")) why = "faith/, KAME's IPv6-to-IPv4 relay, exists on no Linux";
  report.Error(word, 0, "bad-protocol", std::move(why),
               name.starts_with("tcp/") ? "write tcp" : "");
  return false;
}

// ".N" and ":N" (openbsd-inetd, GNU, NetBSD), "/a[/b[/c]]" (FreeBSD).
bool ParseLimits(std::string_view text, InetdEntry& entry) {
  if (text.starts_with('.') || text.starts_with(':')) {
    const std::optional<std::uint64_t> rate = ParseUnsigned(text.substr(1), kMaxCount);
    if (rate) entry.max_per_minute = static_cast<std::uint32_t>(*rate);
    return rate.has_value();
  }
  const std::array<std::optional<std::uint32_t>*, 3> limits = {
      &entry.max_children, &entry.max_per_source_per_minute, &entry.max_children_per_source};
  for (std::optional<std::uint32_t>* const limit : limits) {
    if (text.empty()) return true;
    if (!text.starts_with('/')) return false;
    const std::size_t end = std::min(text.find('/', 1), text.size());
    const std::optional<std::uint64_t> value = ParseUnsigned(text.substr(1, end - 1), kMaxCount);
    if (!value) return false;
    *limit = static_cast<std::uint32_t>(*value);
    text.remove_prefix(end);
  }
  return text.empty();
}

}  // namespace

bool ParseInetdSocketType(const InetdWord& word, InetdReport& report, InetdEntry& entry) {
  for (const TypeRow& row : kTypes) {
    if (word.text != row.name) continue;
    entry.socket_type = row.type;
    return true;
  }
  std::string message = Quote(word.text) + " is not a socket type";
  if (word.text == "rdm") message = "rdm sockets exist for no internet protocol";
  if (word.text.starts_with("stream,") || word.text.starts_with("stream:")) {
    message = "accept filters (NetBSD) do not exist here";
  }
  report.Error(word, 0, "bad-socket-type",
               message + ": stream, dgram, raw or seqpacket is expected" +
                   DidYouMean(word.text, kTypeNames));
  return false;
}

bool ParseInetdProtocol(const InetdWord& word, InetdReport& report, InetdEntry& entry, bool& rpc) {
  const std::size_t comma = std::min(word.text.find(','), word.text.size());
  std::string_view name = std::string_view(word.text).substr(0, comma);
  rpc = name.starts_with("rpc/");
  if (rpc) name.remove_prefix(4);
  const auto row = std::ranges::find(kProtocols, name, &ProtocolRow::written);
  if (row != kProtocols.end()) {
    entry.protocol = row->protocol;
    entry.family = row->family;
  } else if (IsProtocolName(name)) {
    entry.protocol = name;
    entry.family = Family::kDual;
  } else {
    return RefuseProtocol(word, name, report);
  }
  return ParseBuffers(word, comma, report, entry);
}

bool ParseInetdWait(const InetdWord& word, InetdReport& report, InetdEntry& entry) {
  const std::size_t end = std::min(word.text.find_first_of(".:/"), word.text.size());
  const std::string_view mode = std::string_view(word.text).substr(0, end);
  if (mode != "wait" && mode != "nowait") {
    constexpr std::array<std::string_view, 2> kModes = {"wait", "nowait"};
    report.Error(word, 0, "bad-wait",
                 Quote(mode) + ": wait or nowait is expected" + DidYouMean(mode, kModes));
    return false;
  }
  entry.wait = mode == "wait";
  if (ParseLimits(std::string_view(word.text).substr(end), entry)) return true;
  report.Error(word, end, "bad-wait",
               "expected .N or :N (starts a minute), or /N[/N[/N]] (servers, starts a minute and"
               " source, servers a source)");
  return false;
}

bool ParseInetdUser(const InetdWord& word, InetdReport& report, InetdEntry& entry) {
  std::string_view text = word.text;
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    report.Warn(
        word, "login-class-ignored",
        "the login class " + Quote(text.substr(slash + 1)) + " (FreeBSD) has no effect here");
    text = text.substr(0, slash);
  }
  std::size_t separator = text.find(':');
  // openbsd-inetd and xinetd split at the first dot.
  if (separator == std::string_view::npos) {
    separator = text.find('.');
    entry.group_after_dot = separator != std::string_view::npos;
  }
  entry.user = text.substr(0, separator);
  if (separator != std::string_view::npos) entry.group = text.substr(separator + 1);
  const bool no_group = separator != std::string_view::npos && entry.group.empty();
  if (!entry.user.empty() && !no_group && !entry.group.contains(':')) return true;
  report.Error(word, 0, "bad-user", Quote(word.text) + ": user or user:group is expected");
  return false;
}

bool ParseInetdProgram(const InetdWord& word, InetdReport& report, InetdEntry& entry) {
  entry.internal = word.text == "internal";
  if (entry.internal) return true;
  if (!word.text.starts_with('/') || word.text.size() > kMaxPath) {
    constexpr std::array<std::string_view, 1> kInternal = {"internal"};
    report.Error(word, 0, "bad-program",
                 Quote(word.text.substr(0, 80)) + ": an absolute path or internal is expected" +
                     DidYouMean(word.text, kInternal));
    return false;
  }
  entry.program = word.text;
  return true;
}

}  // namespace postern::policy
