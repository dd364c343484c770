// SPDX-License-Identifier: BSD-2-Clause
// Facts from the methods of a request, which the calling program may have replaced by its own.
#pragma once

#include "wrapper/access/fact_source.h"
#include "wrapper/libwrap/abi.h"
#include "wrapper/lookup/system_lookup.h"

namespace postern::wrapper::libwrap {

class RequestFacts : public FactSource {
 public:
  // The settings change while options act.
  RequestFacts(request_info& request, const Settings& settings)
      : request_(request), settings_(settings) {}
  void Supply(const policy::hosts::Need& need, policy::hosts::Request& request,
              RuleLog& log) override;

 private:
  policy::hosts::Fact NameOf(host_info& host, RuleLog& log);

  policy::hosts::Fact User();

  request_info& request_;
  const Settings& settings_;
  SystemLookup lookup_;
};

// Both ends are known, and it is a stream: ident (RFC 1413) knows no other, and a sink says that
// this is a datagram socket.
bool MayAskIdent(const request_info& request);

}  // namespace postern::wrapper::libwrap
