// SPDX-License-Identifier: BSD-2-Clause
// Clashing ids and sockets; see duplicates.h.
#include "policy/service/duplicates.h"

#include "policy/base/text.h"

namespace postern::policy {
namespace {

constexpr int kTcp = 6;

bool TakesV4(const ListenAddress& listen) {
  return listen.family == Family::kIpv4 ||
         (!listen.address && (listen.family == Family::kDual || listen.family == Family::kIpv6));
}

bool TakesV6(const ListenAddress& listen) { return listen.family != Family::kIpv4; }

// bind(2) with SO_REUSEADDR: listening TCP sockets clash when one holds the other's address, while
// a UDP socket on one address may stand beside one on all of them.
bool Clash(const ListenAddress& a, const ListenAddress& b) {
  if (a.address && b.address) return *a.address == *b.address;
  const bool both_all = !a.address && !b.address;
  if (!both_all && a.protocol != kTcp) return false;
  return (TakesV4(a) && TakesV4(b)) || (TakesV6(a) && TakesV6(b));
}

}  // namespace

const SourceLocation* TakenIds::Take(const std::string& id, const SourceLocation& where) {
  const auto [taken, added] = ids_.emplace(ToLower(id), where);
  return added ? nullptr : &taken->second;
}

std::shared_ptr<const ServiceSpec> TakenAddresses::Take(
    const std::shared_ptr<const ServiceSpec>& spec) {
  if (spec->kind == ServiceKind::kTcpmux) return nullptr;
  if (spec->listen.family == Family::kUnix) {
    const auto [taken, added] = by_path_.emplace(spec->listen.unix_path, spec);
    return added ? nullptr : taken->second;
  }
  auto& others = by_port_[{spec->listen.protocol, spec->listen.port}];
  for (const auto& other : others) {
    if (Clash(spec->listen, other->listen)) return other;
  }
  others.push_back(spec);
  return nullptr;
}

}  // namespace postern::policy
