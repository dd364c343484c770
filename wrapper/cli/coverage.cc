// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/cli/coverage.h"

#include <utility>

namespace postern::cli {
namespace {

using policy::AccessList;
using policy::ServiceSpec;
using policy::SourceLocation;

}  // namespace

Coverage::Coverage(const wrapper::PolicyFiles& files) {
  for (const auto* table : {&files.hosts->allow(), &files.hosts->deny()}) {
    for (const policy::hosts::Rule& rule : table->rules) Add(rule.where, rule.text);
  }
  for (const auto& spec : files.services.services) {
    if (spec->access_times) Add(spec->where, "access_times = " + spec->access_times->ToString());
    AddList("only_from", spec->only_from);
    AddList("no_access", spec->no_access);
  }
}

void Coverage::Add(const SourceLocation& where, std::string text) {
  rules_.try_emplace(KeyOf(where), Rule{where, std::move(text), false});
}

// Words of the defaults are in the list of each service that has them, and are one rule.
void Coverage::AddList(const char* attribute, const std::shared_ptr<const AccessList>& list) {
  if (!list) return;
  for (const policy::AddressWord& word : list->words()) {
    Add(word.where, std::string(attribute) + " " + word.text);
  }
}

void Coverage::Reach(const SourceLocation& where) {
  const auto found = rules_.find(KeyOf(where));
  if (found != rules_.end()) found->second.reached = true;
}

void Coverage::Reach(const Decider& decider, const Question& question) {
  const ServiceSpec* const spec =
      question.service ? decider.FindService(*question.service) : nullptr;
  std::vector<std::string> daemons = {question.daemon.value_or("")};
  if (spec != nullptr) {
    ReachService(*spec, question);
    if (decider.DecideService(*spec, question)) return;
    daemons = decider.DaemonsFor(*spec, question);
  }
  for (const std::string& daemon : daemons) {
    const Answer answer = decider.DecideHosts(MakeRequest(question, daemon, spec));
    if (answer.rule != nullptr) Reach(*answer.rule);
    if (!answer.allowed) return;
  }
}

void Coverage::ReachService(const ServiceSpec& spec, const Question& question) {
  if (spec.access_times) {
    Reach(spec.where);
    if (!question.at || !spec.access_times->Contains(*question.at)) return;
  }
  const auto name = ConfirmedName(question);
  const auto peer = question.Peer();
  for (const auto* list : {&spec.no_access, &spec.only_from}) {
    if (!*list || !peer) continue;
    std::optional<AccessList::Match> match = (*list)->FindName(name);
    if (!match) match = (*list)->Find(*peer);
    if (match) Reach(match->word->where);
  }
}

std::vector<Coverage::Rule> Coverage::rules() const {
  std::vector<Rule> rules;
  for (const auto& [key, rule] : rules_) rules.push_back(rule);
  return rules;
}

double Coverage::Total::percent() const {
  if (rules == 0) return 100;
  return 100 * static_cast<double>(reached) / static_cast<double>(rules);
}

std::vector<Coverage::Total> Coverage::totals() const {
  std::vector<Total> totals;
  Total all;
  for (const auto& [key, rule] : rules_) {
    if (totals.empty() || totals.back().file != rule.where.file)
      totals.push_back({.file = rule.where.file, .reached = 0, .rules = 0});
    for (Total* total : {&totals.back(), &all}) {
      total->reached += rule.reached ? 1 : 0;
      ++total->rules;
    }
  }
  totals.push_back(all);
  return totals;
}

}  // namespace postern::cli
