// SPDX-License-Identifier: BSD-2-Clause
#include "policy/check/service_findings.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "policy/base/work_budget.h"
#include "policy/check/rule_place.h"
#include "policy/hosts/client_index.h"
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

// How much is read to decide about one client, at most, in bytes: what no index holds.
class ReadingCost {
 public:
  explicit ReadingCost(const hosts::HostsPolicy& policy) {
    for (const hosts::Table* table : {&policy.allow(), &policy.deny()}) {
      for (const hosts::Rule& rule : table->rules) bytes_ += Of(rule);
    }
  }
  std::size_t bytes() const { return bytes_; }

 private:
  std::size_t Of(const hosts::Rule& rule) {
    std::size_t bytes =
        IsFoundByName(rule) && hosts::ClientIndex::Decides(rule) ? 0 : rule.text.size();
    for (const auto& segment : rule.clients) {
      for (const hosts::ClientToken& token : segment) bytes += OfFile(token.host);
    }
    return bytes;
  }

  static bool IsFoundByName(const hosts::Rule& rule) {
    return rule.daemons.size() == 1 &&
           std::ranges::all_of(rule.daemons.front(), [](const hosts::DaemonToken& token) {
             const auto* name = std::get_if<hosts::TextPattern>(&token.daemon);
             return name != nullptr && name->kind != hosts::TextPattern::Kind::kGlob &&
                    !token.server;
           });
  }

  std::size_t OfFile(const hosts::HostPattern& host) {
    const auto* file = std::get_if<std::shared_ptr<const hosts::PatternFile>>(&host.meaning);
    if (file == nullptr) return 0;
    const auto [known, added] = files_.try_emplace(file->get(), 0);
    if (!added) return known->second;
    std::size_t bytes = 0;
    for (const hosts::HostPattern& inner : (*file)->patterns) {
      bytes += inner.text.size() + OfFile(inner);
    }
    return files_[file->get()] = bytes;
  }

  std::map<const hosts::PatternFile*, std::size_t> files_;
  std::size_t bytes_ = 0;
};

// Of bytes, for all strangers and services together.
constexpr std::size_t kAskingWork = std::size_t{1} << 27U;

class Services {
 public:
  Services(const hosts::HostsPolicy& policy, const SystemView& system)
      : policy_(policy), system_(system), cost_(policy), work_(kAskingWork) {}

  void Check(const CheckedService& service) {
    const ServiceSpec& spec = *service.spec;
    OfList(spec.proxy_from.get());
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
  ReadingCost cost_;
  WorkBudget work_;
  std::set<const AccessList*> seen_;  // those of defaults belong to many services
  std::set<std::tuple<std::string, std::uint32_t, std::uint32_t>> names_;  // told, by their place
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
  if (!names_.emplace(word.where.file, word.where.line, word.where.column).second) return;
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
  if (!work_.Spend(kStrangers * cost_.bytes())) return false;
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
      return std::ranges::any_of(word.blocks, &CidrBlock::holds_family);
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
  const bool asked = !work_.exhausted();
  const bool open = OpenToStrangers(service);
  if (asked && work_.exhausted()) {
    findings_.push_back({Severity::kNote,
                         "analysis-incomplete",
                         spec.where,
                         "whether strangers reach service " + spec.id +
                             " and those behind it was not found out: that takes more work than is "
                             "done for it",
                         {},
                         {}});
  }
  if (!open) return;
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
