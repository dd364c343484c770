// SPDX-License-Identifier: BSD-2-Clause
// Where the service listens: protocol, family, address, port, and whether waiting makes sense.
// Part of service_check.h. Source: xinetd.conf(5), bind, port, protocol, v6only, wait.
#include <algorithm>

#include "policy/base/text.h"
#include "policy/service/service_check.h"

namespace postern::policy {
namespace {

constexpr int kTcp = 6;   // /etc/protocols, RFC 9293
constexpr int kUdp = 17;  // RFC 768

bool IsWildcard(const IpAddress& address) {
  if (address.is_v4()) return address.v4() == 0;
  return std::ranges::all_of(address.bytes(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

void ServiceCheck::CheckSocket() {
  if (draft_.inetd) spec_.listen = draft_.inetd->listen;
  CheckTransport();
  if (!draft_.inetd || spec_.listen.family != Family::kUnix) {
    CheckFamily();
    CheckPort();
  }
  CheckWait();
}

void ServiceCheck::CheckTransport() {
  if (settings_.socket_type) spec_.socket_type = *settings_.socket_type;
  if (spec_.listen.family == Family::kUnix) return;
  if (settings_.protocol) {
    protocol_ = ToLower(*settings_.protocol);
    if (!settings_.socket_type && protocol_ == "udp") spec_.socket_type = SocketType::kDgram;
    if (!settings_.socket_type && protocol_ != "tcp" && protocol_ != "udp") {
      Error("missing-attribute", draft_.place,
            "the attribute \"socket_type\" is required with protocol " + protocol_);
    }
  } else if (spec_.socket_type == SocketType::kStream) {
    protocol_ = "tcp";
  } else if (spec_.socket_type == SocketType::kDgram) {
    protocol_ = "udp";
  } else {
    return Error("missing-attribute", draft_.place,
                 "the attribute \"protocol\" is required for this socket_type");
  }
  const auto number = system_.ProtocolNumber(protocol_);
  if (!number && protocol_ != "tcp" && protocol_ != "udp") {
    return Error("unknown-protocol", At(settings_.protocol),
                 "the protocol " + protocol_ + " is not in /etc/protocols");
  }
  spec_.listen.protocol = number ? *number : (protocol_ == "tcp" ? kTcp : kUdp);
  const bool stream = spec_.socket_type == SocketType::kStream;
  const bool dgram = spec_.socket_type == SocketType::kDgram;
  if ((spec_.listen.protocol == kTcp && !stream) || (spec_.listen.protocol == kUdp && !dgram)) {
    Error("bad-combination", settings_.protocol ? At(settings_.protocol) : draft_.place,
          "protocol " + protocol_ + " does not go with this socket_type",
          protocol_ == "tcp" ? "socket_type = stream" : "socket_type = dgram");
  }
}

// xinetd.conf(5), flags: neither IPv4 nor IPv6 means IPv6 with IPv4 clients, and IPv6 alone means
// the same; only v6only keeps IPv4 out. xinetd turns v6only on whenever it is written, even as
// "no".
void ServiceCheck::CheckFamily() {
  const bool v6only = settings_.v6only && *settings_.v6only;
  if (!draft_.inetd) {
    spec_.listen.family = flags_.ipv4 && !flags_.ipv6   ? Family::kIpv4
                          : v6only                      ? Family::kIpv6Only
                          : flags_.ipv6 && !flags_.ipv4 ? Family::kIpv6
                                                        : Family::kDual;
  }
  if (v6only && spec_.listen.family == Family::kIpv4) {
    Error("bad-combination", At(settings_.v6only), "v6only = yes and IPv4 exclude each other");
  }
  if (settings_.bind && !spec_.listen.address) CheckBind();
}

void ServiceCheck::CheckBind() {
  const auto numeric = IpAddress::Parse(*settings_.bind);
  if (numeric) {
    spec_.listen.address = numeric;
  } else {
    ChooseBindAddress();
  }
  if (!spec_.listen.address) return;
  const bool v4 = spec_.listen.address->is_v4();
  Family& family = spec_.listen.family;
  // xinetd would overwrite the family in the stored address and listen on every address instead.
  if (v4 && (family == Family::kIpv6 || family == Family::kIpv6Only)) {
    return Error("bad-combination", At(settings_.bind),
                 "an IPv4 address cannot be bound by an IPv6 socket",
                 "remove the flag IPv6 and v6only, or bind to an IPv6 address");
  }
  if (!v4 && family == Family::kIpv4) {
    return Error("bad-combination", At(settings_.bind),
                 "an IPv6 address cannot be bound by an IPv4 socket",
                 "remove the flag IPv4, or bind to an IPv4 address");
  }
  if (family == Family::kDual) family = v4 ? Family::kIpv4 : Family::kIpv6;
  if (IsWildcard(*spec_.listen.address)) spec_.listen.address.reset();
}

// A name may have several addresses: the family decides, and IPv6 goes first, as in xinetd.
void ServiceCheck::ChooseBindAddress() {
  const std::vector<IpAddress> addresses = system_.HostAddresses(*settings_.bind);
  if (addresses.empty()) {
    return Error("unresolved-host", At(settings_.bind),
                 "expected an address or a name of /etc/hosts, found \"" + *settings_.bind + "\"");
  }
  const bool want_v4 = spec_.listen.family == Family::kIpv4;
  const auto wanted = std::ranges::find_if(
      addresses, [want_v4](const IpAddress& address) { return address.is_v4() == want_v4; });
  spec_.listen.address = wanted == addresses.end() ? addresses.front() : *wanted;
}

void ServiceCheck::CheckPort() {
  if (spec_.kind == ServiceKind::kTcpmux) {
    if (!protocol_.empty() && protocol_ != "tcp") {
      Error("bad-combination", At(settings_.protocol), "a TCPMUX service needs protocol tcp",
            "protocol = tcp");
    }
    return;
  }
  if (draft_.inetd && draft_.inetd->port) {
    spec_.listen.port = *draft_.inetd->port;
    return;
  }
  if (!type_.unlisted) return CheckListedPort();
  Require(static_cast<bool>(settings_.port), "port", "port = PORT");
  if (settings_.port) spec_.listen.port = *settings_.port;
}

// xinetd.conf(5), port: a service of /etc/services has the port that stands there.
void ServiceCheck::CheckListedPort() {
  const bool type_unknown = Written("type") && !settings_.type;
  if (protocol_.empty() || type_unknown) return;  // for an error that was reported
  const auto listed = system_.ServicePort(draft_.name, protocol_);
  if (!listed) {
    return Error("unlisted-service", draft_.place,
                 draft_.name + "/" + protocol_ + " is not in /etc/services",
                 draft_.inetd ? "write the port number in place of the name"
                              : "type = UNLISTED\nport = PORT");
  }
  if (settings_.port && *settings_.port != *listed) {
    return Error("port-mismatch", At(settings_.port),
                 "/etc/services gives " + draft_.name + "/" + protocol_ + " port " +
                     std::to_string(*listed) + ", not " + std::to_string(*settings_.port),
                 "port = " + std::to_string(*listed) + "\nor: type = UNLISTED");
  }
  spec_.listen.port = *listed;
}

void ServiceCheck::CheckWait() {
  const bool wait = settings_.wait && *settings_.wait;
  const bool dgram = spec_.socket_type == SocketType::kDgram;
  // The relay accepts for the built-in services, one connection at a time or many: no difference.
  spec_.wait = wait && !(spec_.kind == ServiceKind::kInternal && !dgram);
  if (spec_.kind == ServiceKind::kProgram && dgram && settings_.wait && !wait) {
    Error("dgram-needs-wait", At(settings_.wait),
          "a dgram server reads from the socket itself, so it must have wait = yes; with "
          "wait = no every packet would start a server for the same packet",
          draft_.inetd ? "write \"wait\" in the fourth field" : "wait = yes");
  }
  if (wait && (spec_.kind == ServiceKind::kRedirect || spec_.kind == ServiceKind::kTcpmux)) {
    Error("bad-combination", At(settings_.wait),
          spec_.kind == ServiceKind::kRedirect ? "a redirected service must have wait = no"
                                               : "a TCPMUX service must have wait = no",
          "wait = no");
  }
  if (spec_.kind == ServiceKind::kTcpmux && spec_.socket_type != SocketType::kStream) {
    Error("bad-combination", At(settings_.socket_type),
          "a TCPMUX service must have socket_type = stream", "socket_type = stream");
  }
}

}  // namespace postern::policy
