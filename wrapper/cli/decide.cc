// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/cli/decide.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "policy/base/text.h"
#include "policy/decision/evaluate.h"
#include "wrapper/config/hosts_names.h"
#include "wrapper/lookup/interfaces.h"

namespace postern::cli {
namespace {

namespace hosts = policy::hosts;
using policy::ServiceSpec;

hosts::Fact FactOf(const std::optional<std::string>& text) {
  return text ? hosts::Fact::Known(*text) : hosts::Fact::Unknown();
}

// The rule that only_from and no_access were refused by, or the one that could have admitted.
const policy::SourceLocation* WhereOf(const policy::Deny& deny, const ServiceSpec& spec) {
  if (deny.rule != nullptr) return &deny.rule->where;
  if (spec.only_from && !spec.only_from->words().empty()) {
    return &spec.only_from->words().front().where;
  }
  return &spec.where;
}

Answer Refuse(std::string reason, const policy::SourceLocation* rule) {
  return {.allowed = false, .reason = std::move(reason), .rule = rule};
}

std::string AddressReason(policy::AddressEvidence evidence) {
  return "address: " + std::string(policy::EvidenceText(evidence));
}

bool IsSensor(const ServiceSpec& spec) {
  return spec.kind == policy::ServiceKind::kInternal && spec.builtin == policy::Builtin::kSensor;
}

template <typename Verdict>
std::string HostsReason(const Verdict& verdict) {
  std::string text(ReasonText(verdict.reason));
  if (verdict.reason != hosts::Reason::kRule) return text;
  return text + (std::is_same_v<Verdict, hosts::Allow> ? " of hosts.allow" : " of hosts.deny");
}

// Where a table ends before its end.
const policy::SourceLocation* EndOf(const hosts::Table& table) {
  return table.end == hosts::Table::End::kAbandoned ? &table.end_where : nullptr;
}

}  // namespace

Decider::Decider(const wrapper::PolicyFiles& files, const policy::SystemView& accounts)
    : files_(files), accounts_(accounts) {
  for (const auto& spec : files.services.services) services_.emplace(spec->id, spec.get());
  for (const hosts::Table* table : {&files.hosts->allow(), &files.hosts->deny()}) {
    for (const hosts::Rule& rule : table->rules) {
      if (!UnknownAccount(&rule).empty()) unknown_accounts_.insert(&rule.where);
    }
  }
}

bool Decider::NamesUnknownAccount(const policy::SourceLocation* rule) const {
  return unknown_accounts_.contains(rule);
}

const ServiceSpec* Decider::FindService(const std::string& id) const {
  const auto found = services_.find(id);
  return found == services_.end() ? nullptr : found->second;
}

bool Decider::IsHeld(const std::string& id) const {
  return std::ranges::any_of(files_.services.held,
                             [&id](const policy::HeldService& held) { return held.id == id; });
}

std::string Decider::WhyNoService(const std::string& id) const {
  for (const policy::HeldService& held : files_.services.held) {
    if (held.id != id) continue;
    return "service \"" + policy::EscapeText(id) +
           "\" has an error and stays down: " + policy::EscapeText(held.where.file) + ":" +
           std::to_string(held.where.line) + " (postern check)";
  }
  return "no service has the id \"" + policy::EscapeText(id) + "\"";
}

std::vector<std::string> Decider::DaemonsFor(const ServiceSpec& spec,
                                             const Question& question) const {
  if (question.daemon) return {*question.daemon};
  return wrapper::HostsNames(spec);
}

std::expected<Answer, std::string> Decider::Decide(const Question& question) const {
  if (!question.service) {
    return DecideHosts(MakeRequest(question, question.daemon.value_or(""), nullptr));
  }
  const ServiceSpec* const spec = FindService(*question.service);
  if (spec == nullptr) return std::unexpected("service: " + WhyNoService(*question.service));
  if (auto refused = DecideService(*spec, question)) return std::move(*refused);
  Answer answer{.allowed = true, .reason = "no rule refuses", .rule = nullptr};
  for (const std::string& daemon : DaemonsFor(*spec, question)) {
    answer = DecideHosts(MakeRequest(question, daemon, spec));
    if (!answer.allowed) break;
  }
  if (!answer.allowed) return answer;
  return DecideTls(*spec, question).value_or(std::move(answer));
}

std::optional<Answer> Decider::DecideTls(const ServiceSpec& spec, const Question& question) const {
  if (!spec.tls) return std::nullopt;
  const auto& client = question.client_cert;
  const auto verdict = policy::EvaluateIdentity(spec.tls->rules, client ? &*client : nullptr);
  if (verdict.allowed) return std::nullopt;
  return Refuse("tls: " + std::string(policy::EvidenceText(verdict.evidence)), &spec.where);
}

std::optional<Answer> Decider::RefuseEveryone(const ServiceSpec& spec,
                                              const Question& question) const {
  if (spec.proxy_from && question.proxy_addr &&
      !policy::MaySendProxyHeader(spec, question.Proxy())) {
    return Refuse("proxy: not in proxy_from", &spec.proxy_from->words().front().where);
  }
  if (spec.access_times) {
    if (!question.at) return Refuse("time: access_times are given, the time is not", &spec.where);
    if (!spec.access_times->Contains(*question.at)) {
      return Refuse("time: outside access_times", &spec.where);
    }
  }
  if (IsSensor(spec)) return Refuse(AddressReason(policy::AddressEvidence::kSensor), &spec.where);
  return std::nullopt;
}

std::optional<Answer> Decider::DecideService(const ServiceSpec& spec,
                                             const Question& question) const {
  if (auto refused = RefuseEveryone(spec, question)) return refused;
  const policy::Verdict verdict =
      policy::EvaluateAddress(spec, question.Peer(), ConfirmedName(question));
  const auto* const deny = std::get_if<policy::Deny>(&verdict);
  if (deny == nullptr) return std::nullopt;
  return Refuse(AddressReason(deny->evidence), WhereOf(*deny, spec));
}

Answer Decider::DecideHosts(const hosts::Request& asked) const {
  hosts::Request request = asked;
  hosts::Verdict verdict = hosts::Evaluate(*files_.hosts, request);
  while (const auto* const need = std::get_if<hosts::NeedFact>(&verdict)) {
    // The rest was told, or is unknown.
    if (need->need.what != hosts::Needed::kNetgroup) {
      return Refuse("a fact is missing", need->rule != nullptr ? &need->rule->where : nullptr);
    }
    request.netgroups[{need->need.group, need->need.host}] = false;
    verdict = hosts::Evaluate(*files_.hosts, request);
  }
  if (const auto* const allow = std::get_if<hosts::Allow>(&verdict)) {
    const auto* const where = allow->rule != nullptr ? &allow->rule->where : nullptr;
    if (NamesUnknownAccount(where)) {
      const std::string name = UnknownAccount(allow->rule);
      return Refuse(
          "error in the options of the rule: unknown account \"" + policy::EscapeText(name) + "\"",
          where);
    }
    return {.allowed = true, .reason = HostsReason(*allow), .rule = where};
  }
  const auto& deny = std::get<hosts::Deny>(verdict);
  return Refuse(HostsReason(deny),
                deny.rule != nullptr ? &deny.rule->where : EndOf(files_.hosts->deny()));
}

std::string Decider::UnknownAccount(const hosts::Rule* rule) const {
  if (rule == nullptr || !rule->options) return {};
  for (const hosts::OptionAction& action : rule->options->actions) {
    const auto* const run_as = std::get_if<hosts::option::RunAs>(&action);
    if (run_as == nullptr) continue;
    if (!run_as->group.empty() && !accounts_.GroupByName(run_as->group)) return run_as->group;
    if (!run_as->user.empty() && !accounts_.UserByName(run_as->user)) return run_as->user;
  }
  return {};
}

std::string_view ConfirmedName(const Question& question) {
  if (!question.client_name || policy::EqualsIgnoreCase(*question.client_name, hosts::kUnknown) ||
      policy::EqualsIgnoreCase(*question.client_name, hosts::kParanoid)) {
    return {};
  }
  return *question.client_name;
}

hosts::Request MakeRequest(const Question& question, const std::string& daemon,
                           const ServiceSpec* spec) {
  hosts::Request request;
  request.daemon = question.daemon ? hosts::Fact::Given(daemon) : hosts::Fact::Known(daemon);
  request.user = FactOf(question.user);
  request.client.name = FactOf(question.client_name);
  request.client.address = FactOf(question.client_addr);
  request.server.name = FactOf(question.server_name);
  request.server.address = FactOf(question.server_addr);
  request.server.port = question.server_port;
  wrapper::AskForInterfaces(request);
  if (spec == nullptr || spec->kind == policy::ServiceKind::kTcpmux ||
      spec->listen.family == policy::Family::kUnix) {
    return request;
  }
  // A client of the service is connected to where the service listens.
  if (!question.server_port) request.server.port = spec->listen.port;
  if (!question.server_addr && spec->listen.address) {
    request.server.address = hosts::Fact::Known(spec->listen.address->ToString());
  }
  return request;
}

}  // namespace postern::cli
