// SPDX-License-Identifier: BSD-2-Clause
// What a policy decides for every address at once, all other facts being fixed.
//
// All of IPv4 and IPv6 in one partition, exact: asking it about an address gives what Evaluate() or
// EvaluateAddress() gives. Commands of options count as successful, as they do there. Making one
// sorts the ends of the patterns' ranges and sweeps over them, so the cost is nearly linear in the
// number of rules.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/analysis/client_plan.h"
#include "policy/analysis/consequences.h"
#include "policy/analysis/daemon_index.h"
#include "policy/analysis/partition.h"
#include "policy/analysis/region.h"
#include "policy/decision/verdict.h"
#include "policy/hosts/evaluate.h"
#include "policy/service/service_spec.h"

namespace postern::policy::analysis {

struct Outcome {
  bool allowed = false;
  const SourceLocation* rule = nullptr;              // owned by the policy; null: no rule decided
  std::string_view reason;                           // for people
  Consequences::Number deeds = Consequences::kNone;  // what its options do

  friend auto operator<=>(const Outcome&, const Outcome&) = default;
};

struct VerdictMap {
  std::vector<Outcome> outcomes;  // by the partition's numbers
  Partition partition;

  const Outcome& At(const Regions& regions, const IpAddress& address) const;
  Region Allowed(Regions& regions) const;
  // What addresses of `within` get, each outcome with the lowest of them, in their order.
  struct Reach {
    Outcome outcome;
    IpAddress address;
  };
  std::vector<Reach> Reached(Regions& regions, const Region& within) const;
};

Outcome OutcomeOf(const hosts::HostsPolicy& policy, const hosts::Verdict& verdict,
                  Consequences& deeds);
Outcome OutcomeOf(const Verdict& verdict);

// What `first` refuses, or answers by a command in the place of the service, is settled; `second`
// decides the rest.
VerdictMap Both(Regions& regions, const VerdictMap& first, const VerdictMap& second,
                Consequences& deeds);

// only_from and no_access of a service. `name` is confirmed, or empty.
VerdictMap MapService(const ServiceSpec& spec, std::string_view name);

class HostsMapper {
 public:
  // All must outlive this and the maps it makes.
  HostsMapper(Regions& regions, const hosts::HostsPolicy& policy, Consequences& deeds);

  // The rules whose daemon list speaks of the request. Rules for nothing but what a request says of
  // daemon and server; a server's netgroup must be in request.netgroups, or it counts as no member.
  struct Speaking {
    std::vector<std::pair<std::uint32_t, bool>> rules;  // index over both tables; unusable file
    friend auto operator<=>(const Speaking&, const Speaking&) = default;
  };
  Speaking SpeakingTo(const hosts::Request& request) const;
  // How many rules that asks.
  std::size_t Asks(std::string_view daemon) const { return daemons_.MaySpeakTo(daemon).size(); }
  const hosts::Rule& rule(std::uint32_t index) const { return *entries_[index].rule; }
  const ClientPlan& plan(std::uint32_t index) const { return entries_[index].clients; }
  const Outcome& outcome(std::uint32_t index) const { return entries_[index].outcome; }
  VerdictMap Map(const Speaking& speaking, const Client& client) const;

 private:
  struct Entry {
    const hosts::Rule* rule;
    hosts::Which which;
    ClientPlan clients;
    Outcome outcome, unusable;
  };
  Regions& regions_;
  Outcome at_end_;
  DaemonIndex daemons_;
  std::vector<Entry> entries_;
};

// For one question: every fact but the client's address is fixed, and what was not asked for is
// unknown.
VerdictMap MapHosts(Regions& regions, const hosts::HostsPolicy& policy,
                    const hosts::Request& request, Consequences& deeds);

}  // namespace postern::policy::analysis
