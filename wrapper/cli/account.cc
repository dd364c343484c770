// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/cli/account.h"

#include <utility>

#include "policy/decision/verdict.h"

namespace postern::cli {
namespace {

namespace hosts = policy::hosts;
using policy::AccessList;
using policy::AddressWord;
using policy::ServiceSpec;

bool Holds(const AddressWord& word, const std::optional<policy::IpAddress>& address) {
  if (!address) return false;
  for (const policy::CidrBlock& block : word.blocks) {
    if (block.Contains(*address)) return true;
  }
  return false;
}

// Nobody is asked who is not behind a proxy. The list has blocks alone.
void AskProxies(const ServiceSpec& spec, const Question& question, Account& account) {
  if (!spec.proxy_from) return;
  for (const AddressWord& word : spec.proxy_from->words()) {
    ServiceStep step{.check = "proxy_from", .word = word.text, .why = {}, .where = &word.where};
    step.matched = Holds(word, question.Proxy());
    step.why = !question.proxy_addr ? "a proxy is taken to be listed: none is given (--proxy-addr)"
               : step.matched       ? "holds " + *question.proxy_addr
                                    : "does not hold " + *question.proxy_addr;
    account.service_steps.push_back(std::move(step));
  }
}

ServiceStep AskWord(const char* check, const AddressWord& word, const Question& question) {
  ServiceStep step{.check = check, .word = word.text, .why = {}, .where = &word.where};
  const auto name = ConfirmedName(question);
  if (word.kind == policy::AddressWordKind::kBlocks) {
    step.matched = Holds(word, question.Peer());
    step.why = !question.Peer() ? "the address is unknown"
               : step.matched   ? "holds " + *question.client_addr
                                : "does not hold " + *question.client_addr;
  } else if (name.empty()) {
    step.why = "no confirmed name is known";
  } else {
    step.matched = AccessList({word}).FindName(name).has_value();
    step.why = (step.matched ? "is the name " : "is not the name ") + std::string(name);
  }
  return step;
}

void AskList(const char* check, const std::shared_ptr<const AccessList>& list,
             const Question& question, Account& account) {
  if (!list) {
    account.service_steps.push_back({.check = check, .word = {}, .why = "not given"});
    return;
  }
  if (list->words().empty()) {
    account.service_steps.push_back({.check = check, .word = {}, .why = "holds nobody"});
  }
  for (const AddressWord& word : list->words()) {
    account.service_steps.push_back(AskWord(check, word, question));
  }
}

ServiceStep AskTimes(const ServiceSpec& spec, const Question& question) {
  ServiceStep step{.check = "access_times", .word = {}, .why = "not given"};
  if (!spec.access_times) return step;
  step.word = spec.access_times->ToString();
  step.where = &spec.where;
  step.matched = question.at && spec.access_times->Contains(*question.at);
  step.why = !question.at   ? "the time is not given (--at)"
             : step.matched ? "holds the time"
                            : "does not hold the time";
  return step;
}

// Each pattern as it finds the client.
void AskIdentities(const char* check,
                   const std::optional<std::vector<policy::IdentityPattern>>& list,
                   const ServiceSpec& spec, const Question& question, Account& account) {
  if (!list) return;
  for (const policy::IdentityPattern& pattern : *list) {
    ServiceStep step{.check = check, .word = pattern.word(), .why = {}, .where = &spec.where};
    step.matched = question.client_cert && pattern.Matches(*question.client_cert);
    step.why = !question.client_cert ? "the client has no verified certificate (--client-cert)"
               : step.matched        ? "matches the certificate"
                                     : "does not match the certificate";
    account.service_steps.push_back(std::move(step));
  }
}

void ExplainService(const ServiceSpec& spec, const Question& question, Account& account) {
  AskProxies(spec, question, account);
  account.service_steps.push_back(AskTimes(spec, question));
  AskList("only_from", spec.only_from, question, account);
  AskList("no_access", spec.no_access, question, account);
  if (spec.only_from && spec.no_access) {
    const bool specific = spec.precedence == policy::AccessPrecedence::kSpecific;
    account.switches.push_back({"access_precedence", specific ? "specific" : "no_access",
                                specific ? "the more specific of only_from and no_access decides"
                                         : "no_access refuses, however specific only_from is"});
  }
  if (spec.tls) {
    AskIdentities("tls_no_access", spec.tls->rules.no_access, spec, question, account);
    AskIdentities("tls_only_from", spec.tls->rules.only_from, spec, question, account);
  }
  if (spec.no_libwrap) {
    account.switches.push_back({"NOLIBWRAP", "yes",
                                "xinetd's rules alone decide; the hosts files "
                                "are asked only if tcpd starts the program"});
  }
}

HostsStep ExplainHosts(const Decider& decider, hosts::Request request, std::string daemon) {
  HostsStep step{.daemon = std::move(daemon), .request = {}, .explanation = {}, .netgroups = {}};
  step.explanation = hosts::Explain(decider.hosts(), request);
  while (const auto* const need = std::get_if<hosts::NeedFact>(&step.explanation.verdict)) {
    if (need->need.what != hosts::Needed::kNetgroup) break;
    step.netgroups.push_back(need->need.group);
    request.netgroups[{need->need.group, need->need.host}] = false;
    step.explanation = hosts::Explain(decider.hosts(), request);
  }
  step.request = std::move(request);
  return step;
}

void AddHostsSwitches(const Decider& decider, const HostsStep& step, Account& account) {
  const auto* const allow = std::get_if<hosts::Allow>(&step.explanation.verdict);
  if (allow != nullptr && allow->reason == hosts::Reason::kNoRule) {
    account.switches.push_back({"hosts_access", "grant-unmatched",
                                "whom no rule of hosts.allow and hosts.deny matches is allowed"});
  }
  const hosts::Table& table = decider.hosts().allow();
  const bool decided_there =
      allow != nullptr && allow->rule != nullptr && allow->rule->where.file == table.path;
  if (table.end == hosts::Table::End::kAbandoned && !decided_there) {
    account.switches.push_back(
        {"hosts_access", "unterminated-table",
         "rules behind the line of hosts.allow that has no end are not read"});
  }
}

}  // namespace

std::expected<Account, std::string> Explain(const Decider& decider, const Question& question) {
  Account account;
  auto answer = decider.Decide(question);
  if (!answer) return std::unexpected(std::move(answer.error()));
  account.answer = std::move(*answer);
  std::vector<std::string> daemons = {question.daemon.value_or("")};
  if (question.service) {
    account.service = decider.FindService(*question.service);
    ExplainService(*account.service, question, account);
    daemons = decider.DaemonsFor(*account.service, question);
    if (decider.DecideService(*account.service, question)) return account;
  }
  for (const std::string& daemon : daemons) {
    const hosts::Request request = MakeRequest(question, daemon, account.service);
    account.hosts_steps.push_back(ExplainHosts(decider, request, daemon));
    AddHostsSwitches(decider, account.hosts_steps.back(), account);
    if (!decider.DecideHosts(request).allowed) break;
  }
  return account;
}

}  // namespace postern::cli
