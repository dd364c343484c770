// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/access/fact_source.h"

#include "sandbox/sys/resolver.h"

namespace postern::wrapper {
namespace {

namespace sys = sandbox::sys;
using policy::hosts::Fact;
using policy::hosts::Host;
using policy::hosts::Needed;

Host HostAt(const sys::SocketAddress& address) {
  Host host;
  if (const auto text = sys::NumericHost(address)) host.address = Fact::Known(*text);
  // Its address is "localhost" by getnameinfo(3), and no look-up would give it a name: it is not
  // LOCAL, nor KNOWN.
  if (address.is_unix()) host.name = Fact::Unknown();
  if (address.is_inet()) host.port = address.port();
  return host;
}

}  // namespace

policy::hosts::Request RequestOf(const Connection& connection, std::string_view daemon) {
  policy::hosts::Request request;
  request.daemon = Fact::Given(daemon);
  request.client = HostAt(connection.client);
  request.server = HostAt(connection.server);
  return request;
}

void ConnectionFacts::Supply(const policy::hosts::Need& need, policy::hosts::Request& request,
                             RuleLog& log) {
  switch (need.what) {
    case Needed::kClientName:
      request.client.name = NameOf(connection_.client, log);
      return;
    case Needed::kServerName:
      request.server.name = NameOf(connection_.server, log);
      return;
    case Needed::kUser:
      request.user = connection_.stream ? lookup_.UserOf(connection_.client, connection_.server,
                                                         settings_.ident_deadline)
                                        : Fact::Unknown();
      return;
    case Needed::kNetgroup:
      request.netgroups[{need.group, need.host}] = lookup_.InNetgroup(need.group, need.host);
      return;
  }
}

Fact ConnectionFacts::NameOf(const sys::SocketAddress& address, RuleLog& log) {
  const NameAnswer answer = lookup_.NameOf(address);
  for (const std::string& warning : answer.warnings) log.Warn(warning);
  return answer.name;
}

}  // namespace postern::wrapper
