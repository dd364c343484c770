// SPDX-License-Identifier: BSD-2-Clause
// What changes for one client between two policies that were asked about the same subject.
#pragma once

#include <cstdint>
#include <vector>

#include "policy/analysis/situation.h"
#include "policy/analysis/verdict_map.h"
#include "policy/service/service_spec.h"

namespace postern::policy::analysis {

struct Change {
  Region addresses;
  bool unknown_address = false;  // and from a client whose address is not known
  Outcome before, after;
  // The verdict stays, but these clients may more: Consequences::Widens().
  bool more = false;

  friend auto operator<=>(const Change&, const Change&) = default;
  enum class Kind : std::uint8_t { kOpens, kCloses, kOptions };
  Kind kind() const {
    if (before.allowed == after.allowed) return Kind::kOptions;
    return after.allowed ? Kind::kOpens : Kind::kCloses;
  }
  bool widens() const { return more || kind() == Kind::kOpens; }
};
using Changes = std::vector<Change>;

// One policy, asked about one subject.
struct View {
  const HostsMapper* mapper = nullptr;
  const hosts::HostsPolicy* hosts = nullptr;
  const ServiceSpec* spec = nullptr;  // null: a daemon, or no such service
  bool exists = true;
  std::vector<hosts::Request> requests;         // one for each daemon name
  std::vector<HostsMapper::Speaking> speaking;  // to each
};

Client ClientOf(const ClientSymbol& symbol);

// By the lowest address.
Changes CompareViews(Regions& regions, Consequences& deeds, const View& before, const View& after,
                     const ClientSymbol& client);

}  // namespace postern::policy::analysis
