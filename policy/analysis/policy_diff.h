// SPDX-License-Identifier: BSD-2-Clause
// The exact difference of two policies: for whom, and from which addresses, the verdict changes.
//
// Complete over all of IPv4 and IPv6 and the unknown address, all daemons, names and users; what
// cannot be answered exactly is an error, never a guess. Times of access, which proxies are
// believed, and everything that counts connections are left aside, commands of options count as
// successful, and every account exists.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "policy/analysis/compare_views.h"
#include "policy/analysis/situation.h"
#include "policy/base/result.h"

namespace postern::policy::analysis {

struct ServiceSide {
  std::shared_ptr<const ServiceSpec> spec;
  std::vector<std::string> daemons;  // under which the hosts files are asked, each may refuse
};

struct PolicySide {
  std::shared_ptr<const hosts::HostsPolicy> hosts;
  std::vector<ServiceSide> services;  // ids are unique
};

// Who is asked: a service, or (without an id) a daemon of the hosts files.
struct Subject {
  std::string service;
  Target target;
};

struct Difference {
  std::vector<Subject> subjects;      // for each of which
  std::vector<ClientSymbol> clients;  // for each of these; one without groups: for everybody
  std::vector<Change> changes;        // this changes, by the lowest address
};

struct PolicyDiff {
  PolicySide before, after;  // what the outcomes point into
  std::vector<Difference> differences;
  Regions regions{};     // of the changes
  Consequences deeds{};  // of their outcomes

  bool widens() const;
};

// What would take more than `step_limit` is an error that names a rule.
Result<std::unique_ptr<PolicyDiff>> Compare(const PolicySide& before, const PolicySide& after,
                                            std::size_t step_limit = BitDiagrams::kStepLimit);

}  // namespace postern::policy::analysis
