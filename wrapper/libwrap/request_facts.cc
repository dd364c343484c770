// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/libwrap/request_facts.h"

#include "wrapper/libwrap/convert.h"
#include "wrapper/lookup/interfaces.h"

namespace postern::wrapper::libwrap {

using policy::hosts::Fact;
using policy::hosts::Needed;

void RequestFacts::Supply(const policy::hosts::Need& need, policy::hosts::Request& request,
                          RuleLog& log) {
  switch (need.what) {
    case Needed::kClientName:
      request.client.name = NameOf(request_.client[0], log);
      AskForInterfaces(request);
      return;
    case Needed::kServerName:
      request.server.name = NameOf(request_.server[0], log);
      AskForInterfaces(request);
      return;
    case Needed::kUser:
      request.user = User();
      return;
    case Needed::kNetgroup:
      request.netgroups[{need.group, need.host}] = lookup_.InNetgroup(need.group, need.host);
      return;
  }
}

bool MayAskIdent(const request_info& request) {
  return request.sink == nullptr && request.client[0].sin != nullptr &&
         request.server[0].sin != nullptr;
}

Fact RequestFacts::User() {
  if (!MayAskIdent(request_)) return Fact::Unknown();
  return lookup_.UserOf(AddressOf(request_.client[0].sin), AddressOf(request_.server[0].sin),
                        settings_.ident_deadline);
}

// Our own method is not called through the pointer, so that its warnings name the rule.
Fact RequestFacts::NameOf(host_info& host, RuleLog& log) {
  if (request_.hostname != sock_hostname) return Fact::Known(eval_hostname(&host));
  const auto address = AddressOf(host.sin);
  if (!address.known()) return Fact::Unknown();
  const NameAnswer answer = lookup_.NameOf(address);
  for (const std::string& warning : answer.warnings) log.Warn(warning);
  return answer.name;
}

}  // namespace postern::wrapper::libwrap
