// SPDX-License-Identifier: BSD-2-Clause
// Facts from the methods of a request, which the calling program may have replaced by its own.
#pragma once

#include "wrapper/access/fact_source.h"
#include "wrapper/libwrap/abi.h"
#include "wrapper/lookup/system_lookup.h"

namespace postern::wrapper::libwrap {

class RequestFacts : public FactSource {
 public:
  explicit RequestFacts(request_info& request) : request_(request) {}
  void Supply(const policy::hosts::Need& need, policy::hosts::Request& request,
              RuleLog& log) override;

 private:
  policy::hosts::Fact NameOf(host_info& host, RuleLog& log);

  request_info& request_;
  SystemLookup lookup_;
};

}  // namespace postern::wrapper::libwrap
