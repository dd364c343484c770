// SPDX-License-Identifier: BSD-2-Clause
#include "policy/check/service_findings.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "policy/check/rule_place.h"
#include "policy/hosts/evaluate.h"
#include "policy/hosts/rule_match.h"

namespace postern::policy::check {
namespace {

// Addresses of all over the internet. Whoever lets most of them in is open to the world, whichever
// few it refuses.
constexpr std::size_t kStrangers = 64;

std::string Stranger(std::size_t index) {
  const auto number = static_cast<std::uint32_t>(index);
  return std::to_string(1 + number * 3) + "." + std::to_string(number * 37 % 251) + "." +
         std::to_string(number * 101 % 251) + "." + std::to_string(1 + number * 53 % 250);
}

// Nothing is known of a stranger but the address, and he is in no netgroup.
bool LetsIn(const hosts::HostsPolicy& policy, hosts::Request request) {
  for (;;) {
    const hosts::Verdict verdict = hosts::Evaluate(policy, request);
    if (const auto* need = std::get_if<hosts::NeedFact>(&verdict)) {
      if (need->need.what != hosts::Needed::kNetgroup) return false;
      if (!request.netgroups.insert({{need->need.group, need->need.host}, false}).second) {
        return false;
      }
      continue;
    }
    return !std::holds_alternative<hosts::Deny>(verdict);
  }
}

class Services {
 public:
  Services(const hosts::HostsPolicy& policy, const SystemView& system)
      : policy_(policy), system_(system) {}

  void Check(const CheckedService& service) {
    const ServiceSpec& spec = *service.spec;
    OfList(spec.only_from.get());
    OfList(spec.no_access.get());
    OfNoAccess(spec.no_access.get());
    if (!service.wrapped.empty()) OfWrapped(spec, service.wrapped);
    OfRoot(service);
  }

  Diagnostics Take() { return std::move(findings_); }

 private:
  void OfList(const AccessList* list);
  void OfNoAccess(const AccessList* list);
  void OfWrapped(const ServiceSpec& spec, const std::string& program);
  void OfRoot(const CheckedService& service);
  bool OpenToStrangers(const CheckedService& service);
  bool HostsLetStrangersIn(const std::string& name);

  const hosts::HostsPolicy& policy_;
  const SystemView& system_;
  std::set<const AccessList*> seen_;  // those of defaults belong to many services
  std::map<std::string, bool> lets_in_;
  Diagnostics findings_;
};

void Services::OfList(const AccessList* list) {
  if (list == nullptr || !seen_.insert(list).second) return;
  for (const AddressWord& word : list->words()) {
    if (word.lint.empty()) continue;
    findings_.push_back({Severity::kWarning, "address-lint", word.where, word.lint, {}, {}});
  }
}

void Services::OfNoAccess(const AccessList* list) {
  if (list == nullptr || !list->has_names()) return;
  const AddressWord& word = *list->first_name();
  const auto told = [&word](const Diagnostic& finding) {
    return finding.code == "name-in-no-access" && finding.where == word.where;
  };
  if (std::ranges::any_of(findings_, told)) return;
  findings_.push_back(
      {Severity::kWarning,
       "name-in-no-access",
       word.where,
       "whoever owns an address decides its name: xinetd lets a client in whose name it cannot "
       "find, and here a client whose name cannot be confirmed is refused",
       "write the addresses of " + word.text,
       {}});
}

void Services::OfWrapped(const ServiceSpec& spec, const std::string& program) {
  const std::string why = system_.WhyNotExecutable(program);
  if (why.empty()) return;
  findings_.push_back({Severity::kError,
                       "wrapped-program",
                       spec.where,
                       "the program " + program + " that tcpd starts cannot be run: " + why,
                       {},
                       {}});
}

bool Services::HostsLetStrangersIn(const std::string& name) {
  const auto [found, first_time] = lets_in_.try_emplace(name, false);
  if (!first_time) return found->second;
  std::size_t in = 0;
  for (std::size_t i = 0; i < kStrangers; ++i) {
    hosts::Request request;
    request.daemon = hosts::Fact::Known(name);
    request.user = hosts::Fact::Unknown();
    request.client.address = hosts::Fact::Known(Stranger(i));
    request.client.name = hosts::Fact::Unknown();
    request.server.name = hosts::Fact::Unknown();
    if (LetsIn(policy_, std::move(request))) ++in;
  }
  found->second = in > kStrangers / 2;
  return found->second;
}

bool Services::OpenToStrangers(const CheckedService& service) {
  const ServiceSpec& spec = *service.spec;
  if (spec.only_from) {
    const auto holds_all = [](const AddressWord& word) {
      return std::ranges::any_of(word.blocks, [](const CidrBlock& block) {
        return block.length128() == 0 || (block.is_v4() && block.length128() == 96);
      });
    };
    if (std::ranges::none_of(spec.only_from->words(), holds_all)) return false;
  }
  return std::ranges::all_of(service.hosts_names,
                             [this](const std::string& name) { return HostsLetStrangersIn(name); });
}

void Services::OfRoot(const CheckedService& service) {
  const ServiceSpec& spec = *service.spec;
  const bool runs = spec.kind == ServiceKind::kProgram || spec.kind == ServiceKind::kTcpmux;
  if (!runs || spec.program.credentials.uid != 0 || spec.listen.family == Family::kUnix) return;
  if (spec.listen.address && spec.listen.address->ToString().starts_with("127.")) return;
  if (!OpenToStrangers(service)) return;
  findings_.push_back({Severity::kWarning,
                       "world-open-root",
                       spec.where,
                       "service " + spec.id +
                           " runs as root for everybody: neither only_from nor "
                           "a rule of the access files keeps strangers out",
                       "give it a user of its own, or only_from",
                       {}});
}

}  // namespace

Diagnostics FindInServices(const std::vector<CheckedService>& services,
                           const hosts::HostsPolicy& policy, const SystemView& system) {
  Services all(policy, system);
  for (const CheckedService& service : services) all.Check(service);
  return all.Take();
}

Diagnostics FindNothingRefused(const hosts::HostsPolicy& policy) {
  using hosts::Table;
  const Table& allow = policy.allow();
  const bool deny_is_read =
      policy.deny().end == Table::End::kComplete || policy.deny().end == Table::End::kMissing;
  if (allow.rules.empty() || !policy.deny().rules.empty() || !deny_is_read) return {};
  for (const hosts::Rule& rule : allow.rules) {
    if (hosts::EffectOf(rule, hosts::Which::kAllow) != hosts::Effect::kGrants) return {};
  }
  return {AtRule(allow.rules.front(), Severity::kWarning, "no-deny-rule",
                 "this rule and the others allow what is allowed anyway: no rule refuses anybody",
                 "write \"ALL: ALL\" into " + policy.deny().path)};
}

}  // namespace postern::policy::check
