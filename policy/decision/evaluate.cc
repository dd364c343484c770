// SPDX-License-Identifier: BSD-2-Clause
// The decision rules of only_from and no_access, and the order of all admission checks.
//
// No branch allocates, so that refusing a flood costs nothing but the walk of two trees. A service
// whose checks cannot be evaluated is refused: an unknown peer, a load that is not a number.
#include "policy/decision/evaluate.h"

#include <optional>
#include <variant>

namespace postern::policy {
namespace {

Deny DenyAddress(AddressEvidence evidence, const AddressWord* rule = nullptr) {
  return {.reason = DenyReason::kAddress, .evidence = evidence, .rule = rule};
}

// What both lists say about a peer.
struct Hits {
  std::optional<AccessList::Match> allowed;  // by only_from
  std::optional<AccessList::Match> refused;  // by no_access
};

std::optional<AccessList::Match> Better(const std::optional<AccessList::Match>& by_name,
                                        const AccessList& list, const IpAddress& peer) {
  return by_name ? by_name : list.Find(peer);
}

// nullopt: allowed, as far as these hits go.
std::optional<Deny> DecideByHits(const ServiceSpec& spec, const Hits& hits) {
  if (hits.refused) {
    if (!hits.allowed) return DenyAddress(AddressEvidence::kNoAccess, hits.refused->word);
    if (hits.allowed->prefix_length == hits.refused->prefix_length) {
      return DenyAddress(AddressEvidence::kBothLists, hits.refused->word);
    }
    // xinetd.conf(5) promises "the better match"; the program lets no_access win always.
    const bool better = hits.allowed->prefix_length > hits.refused->prefix_length;
    if (spec.precedence == AccessPrecedence::kNoAccess || !better) {
      return DenyAddress(AddressEvidence::kNoAccess, hits.refused->word);
    }
    return std::nullopt;
  }
  if (spec.only_from && !hits.allowed) return DenyAddress(AddressEvidence::kNotInOnlyFrom);
  return std::nullopt;
}

// Whether a host name in only_from could still overturn a refusal that blocks have decided.
bool NameCouldAllow(const ServiceSpec& spec, const Hits& hits) {
  if (!spec.only_from || !spec.only_from->has_names()) return false;
  // A name counts as the most specific match there is.
  return !hits.refused || spec.precedence == AccessPrecedence::kSpecific;
}

std::optional<DenyReason> CheckRate(const ServiceSpec& spec, ServiceLimits& limits,
                                    const Facts& facts) {
  switch (limits.Arrive(spec, facts.peer, facts.now)) {
    case ServiceLimits::Arrival::kWithin:
      return std::nullopt;
    case ServiceLimits::Arrival::kOverSourceRate:
      return DenyReason::kSourceRate;
    case ServiceLimits::Arrival::kOverRate:
      return DenyReason::kConnectionsPerSecond;
  }
  return DenyReason::kConnectionsPerSecond;
}

// xinetd.conf(5), max_load: refused at the value, not above it. A negative value refuses always,
// and so does what cannot be a load: getloadavg(3) fails with -1.
bool LoadAllows(double max_load, double load) {
  return max_load >= 0 && load >= 0 && load < max_load;
}

std::optional<DenyReason> CheckNumbers(const ServiceSpec& spec, const ServiceLimits& limits,
                                       const Facts& facts) {
  if (spec.max_load && !LoadAllows(*spec.max_load, facts.load)) return DenyReason::kLoad;
  if (spec.access_times && !spec.access_times->Contains(facts.local_time)) {
    return DenyReason::kTime;
  }
  if (spec.instances && limits.running() >= *spec.instances) return DenyReason::kServiceLimit;
  if (spec.per_source && limits.running_from(facts.peer) >= *spec.per_source) {
    return DenyReason::kPerSourceLimit;
  }
  if (facts.total_limit && facts.total_running >= *facts.total_limit) {
    return DenyReason::kProcessLimit;
  }
  return std::nullopt;
}

bool IsSensor(const ServiceSpec& spec) {
  return spec.kind == ServiceKind::kInternal && spec.builtin == Builtin::kSensor;
}

}  // namespace

Verdict EvaluateAddress(const ServiceSpec& spec, const std::optional<IpAddress>& peer) {
  if (!spec.only_from && !spec.no_access) return Allow{};
  if (!peer) return DenyAddress(AddressEvidence::kUnknownPeer);
  Hits hits;
  if (spec.no_access) hits.refused = spec.no_access->Find(*peer);
  if (spec.only_from) hits.allowed = spec.only_from->Find(*peer);
  if (const std::optional<Deny> deny = DecideByHits(spec, hits)) {
    if (NameCouldAllow(spec, hits)) return NeedName{spec.only_from->first_name()};
    return *deny;
  }
  if (spec.no_access && spec.no_access->has_names()) {
    return NeedName{spec.no_access->first_name()};
  }
  return Allow{};
}

Verdict EvaluateAddress(const ServiceSpec& spec, const std::optional<IpAddress>& peer,
                        std::string_view name) {
  const Verdict verdict = EvaluateAddress(spec, peer);
  const auto* const need = std::get_if<NeedName>(&verdict);
  if (need == nullptr) return verdict;
  if (name.empty()) return DenyAddress(AddressEvidence::kNeedsName, need->rule);
  Hits hits;
  if (spec.no_access) hits.refused = Better(spec.no_access->FindName(name), *spec.no_access, *peer);
  if (spec.only_from) hits.allowed = Better(spec.only_from->FindName(name), *spec.only_from, *peer);
  if (const std::optional<Deny> deny = DecideByHits(spec, hits)) return *deny;
  return Allow{};
}

bool MaySendProxyHeader(const ServiceSpec& spec, const std::optional<IpAddress>& peer) {
  return spec.proxy_from && peer && spec.proxy_from->Find(*peer);
}

Verdict Admit(const ServiceSpec& spec, ServiceLimits& limits, const DenyList& deny_list,
              const Facts& facts) {
  std::optional<DenyReason> reason = CheckRate(spec, limits, facts);
  if (!reason) reason = CheckNumbers(spec, limits, facts);
  if (reason) return Deny{.reason = *reason, .evidence = AddressEvidence::kNone, .rule = nullptr};
  if (IsSensor(spec)) return DenyAddress(AddressEvidence::kSensor);
  // The peers of a wait service and of a unix socket are never known here; were they refused while
  // the list holds anyone, one knock on a sensor would close those services for everybody.
  if (facts.peer && deny_list.Contains(*facts.peer, facts.now)) {
    return DenyAddress(AddressEvidence::kDenyList);
  }
  return EvaluateAddress(spec, facts.peer);
}

}  // namespace postern::policy
