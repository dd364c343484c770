// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/inherited_sockets.h"

#include <algorithm>

#include "daemon/acceptor/endpoint.h"

namespace postern::daemon {

namespace sys = sandbox::sys;
using policy::Family;

namespace {

bool IsAny(const policy::IpAddress& address) {
  static const auto any_v4 = policy::IpAddress::FromV4(0);
  static const auto any_v6 = policy::IpAddress::FromV6({});
  return address == any_v4 || address == any_v6;
}

bool Fits(const sys::SocketDescription& have, const policy::ServiceSpec& spec) {
  if (have.kind != SocketKindOf(spec.socket_type)) return false;
  const bool connection_oriented = spec.socket_type == policy::SocketType::kStream ||
                                   spec.socket_type == policy::SocketType::kSeqpacket;
  if (connection_oriented != have.listening) return false;
  if (spec.listen.family == Family::kUnix) {
    return have.local.is_unix() && have.local.unix_path() == spec.listen.unix_path;
  }
  const auto local = EndpointOf(have.local);
  if (!local || local->port != spec.listen.port) return false;
  // An IPv4 socket does not serve a service meant for IPv6 as well.
  const bool v4_expected =
      spec.listen.family == Family::kIpv4 || (spec.listen.address && spec.listen.address->is_v4());
  if (have.local.is_v4() != v4_expected) return false;
  if (!v4_expected && have.v6_only != (spec.listen.family == Family::kIpv6Only)) return false;
  return spec.listen.address ? local->address == *spec.listen.address : IsAny(local->address);
}

}  // namespace

InheritedSockets::InheritedSockets(std::vector<sys::UniqueFd> sockets) {
  for (sys::UniqueFd& socket : sockets) Return(std::move(socket));
}

void InheritedSockets::Return(sys::UniqueFd socket) {
  auto description = sys::Describe(socket);
  if (description) sockets_.push_back({std::move(socket), std::move(*description)});
}

std::optional<sys::UniqueFd> InheritedSockets::Take(const policy::ServiceSpec& spec) {
  const auto found =
      std::find_if(sockets_.begin(), sockets_.end(),
                   [&](const Candidate& candidate) { return Fits(candidate.description, spec); });
  if (found == sockets_.end()) return std::nullopt;
  sys::UniqueFd socket = std::move(found->socket);
  sockets_.erase(found);
  return socket;
}

}  // namespace postern::daemon
