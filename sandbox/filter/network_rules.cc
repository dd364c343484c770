// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/filter/network_rules.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "sandbox/filter/verdicts.h"

namespace postern::sandbox::filter {
namespace {

// A socket's type without its flags.
ArgumentTest Type(std::uint64_t type) {
  return {1, kLow32 & ~std::uint64_t{SOCK_CLOEXEC | SOCK_NONBLOCK}, {type}};
}

bool ReachesOut(Network network) {
  return network == Network::kClient || network == Network::kServer || network == Network::kHost;
}

CallVerdict SocketRule(const FilterRequest& request) {
  std::vector<ArgumentClause> allowed;
  const bool host = request.network == Network::kHost;
  if (request.unix_sockets || host) allowed.push_back({Int(0, {AF_UNIX})});
  if (ReachesOut(request.network)) {
    // By protocol too: Landlock's rules for TCP do not hold for MPTCP, SCTP and the like.
    allowed.push_back({Int(0, {AF_INET, AF_INET6}), Type(SOCK_STREAM), Int(2, {0, IPPROTO_TCP})});
    allowed.push_back({Int(0, {AF_INET, AF_INET6}), Type(SOCK_DGRAM), Int(2, {0, IPPROTO_UDP})});
  }
  if (host) allowed.push_back({Int(0, {AF_NETLINK, AF_VSOCK})});
  if (host && request.raw_sockets) allowed.push_back({Int(0, {AF_INET, AF_INET6, AF_PACKET})});
  if (allowed.empty()) return Refuse(EAFNOSUPPORT);
  return AllowOnly(std::move(allowed), EAFNOSUPPORT);
}

// What a service may set on the connection it was given: how it is sent, not where, and nothing
// that loads code or takes the connection apart (TCP_REPAIR, TCP_ULP, SO_ATTACH_FILTER, …).
CallVerdict SocketOptionRule() {
  const auto option = [](int level, std::vector<std::uint64_t> names) {
    return ArgumentClause{Int(1, {static_cast<std::uint64_t>(level)}), Int(2, std::move(names))};
  };
  ArgumentClause clear_ip_options = option(IPPROTO_IP, {IP_OPTIONS});
  clear_ip_options.push_back(Int(4, {0}));  // to set some would be to choose a route
  return AllowOnly(
      {option(SOL_SOCKET, {SO_REUSEADDR, SO_BROADCAST, SO_SNDBUF, SO_RCVBUF, SO_KEEPALIVE,
                           SO_OOBINLINE, SO_PRIORITY, SO_LINGER, SO_PASSCRED, SO_RCVLOWAT,
                           SO_SNDLOWAT, SO_RCVTIMEO, SO_SNDTIMEO, SO_TIMESTAMP, SO_RXQ_OVFL}),
       option(IPPROTO_TCP,
              {TCP_NODELAY, TCP_MAXSEG, TCP_CORK, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT,
               TCP_LINGER2, TCP_QUICKACK, TCP_CONGESTION, TCP_USER_TIMEOUT, TCP_NOTSENT_LOWAT}),
       option(IPPROTO_IP,
              {IP_TOS, IP_TTL, IP_PKTINFO, IP_MTU_DISCOVER, IP_RECVERR, IP_RECVTTL, IP_RECVTOS}),
       option(IPPROTO_IPV6, {IPV6_UNICAST_HOPS, IPV6_MTU_DISCOVER, IPV6_RECVERR, IPV6_V6ONLY,
                             IPV6_RECVPKTINFO, IPV6_TCLASS, IPV6_RECVTCLASS}),
       std::move(clear_ip_options)},
      EPERM);
}

// TCP Fast Open connects without connect(2), which is where Landlock looks.
void AddSendRules(std::vector<ArgumentRule>& rules) {
  const auto rule = [](std::uint8_t flags) {
    return RefuseIf({{{flags, MSG_FASTOPEN, {MSG_FASTOPEN}}}}, EACCES);
  };
  rules.push_back({"sendto", rule(3)});
  rules.push_back({"sendmsg", rule(2)});
  rules.push_back({"sendmmsg", rule(3)});
}

// A connected TCP socket can be disconnected, connected anew and made to listen, in the network
// namespace that it came from: an empty namespace does not confine it. Landlock stops the second
// connect, where it can.
bool MayConnect(const FilterRequest& request) {
  if (ReachesOut(request.network)) return true;
  return request.unix_sockets && request.landlock_tcp;
}

}  // namespace

void AddNetworkRules(const FilterRequest& request, std::vector<ArgumentRule>& rules) {
  const bool host = request.network == Network::kHost;
  if (host && request.base == FilterBase::kAllButDenied) return;
  rules.push_back({"socket", SocketRule(request)});
  if (host) return;
  rules.push_back({"socketpair", AllowOnly({{Int(0, {AF_UNIX})}}, EAFNOSUPPORT)});
  AddSendRules(rules);
  if (!MayConnect(request)) rules.push_back({"connect", Refuse(EACCES)});
  if (!ReachesOut(request.network)) rules.push_back({"setsockopt", SocketOptionRule()});
  if (request.network == Network::kServer) return;
  rules.push_back({"bind", Refuse(EACCES)});
  rules.push_back({"listen", Refuse(EACCES)});
  if (request.accepts) return;
  rules.push_back({"accept", Refuse(EACCES)});
  rules.push_back({"accept4", Refuse(EACCES)});
}

}  // namespace postern::sandbox::filter
