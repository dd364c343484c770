// SPDX-License-Identifier: BSD-2-Clause
// A rule without EXCEPT, user or file that matches a name matches it from every address: no rule
// behind it counts, and of those in front of it in the same run only the verdict, which is its own.
#include "policy/analysis/client_sorter.h"

#include <algorithm>

namespace postern::policy::analysis {
namespace {

using hosts::TextPattern;

constexpr std::uint32_t kNoRun = 0xffffffff;

void Lower(std::unordered_map<std::string, std::uint32_t>& runs, const std::string& text,
           std::uint32_t run) {
  const auto [known, added] = runs.emplace(text, run);
  if (!added) known->second = std::min(known->second, run);
}

std::uint32_t Find(const std::unordered_map<std::string, std::uint32_t>& runs,
                   std::string_view text) {
  const auto known = runs.find(std::string(text));
  return known == runs.end() ? kNoRun : known->second;
}

void AppendNumber(std::string& key, std::uint64_t number) { key += std::to_string(number) + ' '; }

// The word that speaks of the client by name, by its place in the list.
void AppendWord(std::string& key, const AccessList* list, const Client& client) {
  std::uint64_t place = 0;
  if (list != nullptr && client.verified()) {
    if (const auto match = list->FindName(client.name.text())) {
      place = static_cast<std::uint64_t>(match->word - list->words().data()) + 1;
    }
  }
  AppendNumber(key, place);
}

}  // namespace

ClientSorter::ClientSorter(const View& view) : spec_(view.spec) {
  for (const HostsMapper::Speaking& speaking : view.speaking) {
    rules_.push_back(Sort(*view.mapper, speaking));
  }
}

ClientSorter::Rules ClientSorter::Sort(const HostsMapper& mapper,
                                       const HostsMapper::Speaking& speaking) {
  Rules rules;
  std::uint32_t run = 0;
  bool allowed = false;
  for (const auto& [index, unusable] : speaking.rules) {
    const ClientPlan& plan = mapper.plan(index);
    const bool allows = mapper.outcome(index).allowed;
    // A file that cannot be used may turn the rule's verdict around.
    if (allows != allowed || unusable || plan.unusable()) ++run;
    allowed = allows;
    if (plan.constant()) continue;
    const std::optional<std::vector<const TextPattern*>> names = plan.Names();
    if (!names) {
      rules.intricate.push_back(&plan);
      continue;
    }
    for (const TextPattern* name : *names) {
      if (name->kind == TextPattern::Kind::kExact) {
        Lower(rules.exact, name->folded, run);
      } else if (name->kind == TextPattern::Kind::kSuffix) {
        Lower(rules.domains, name->folded, run);
      } else {
        rules.others.emplace_back(name, run);
      }
    }
  }
  return rules;
}

std::uint32_t ClientSorter::RunOf(const Rules& rules, const Client& client) {
  const std::string_view name = client.name.text();
  std::uint32_t run = Find(rules.exact, name);
  for (std::size_t dot = name.find('.', 1); dot != std::string_view::npos;
       dot = name.find('.', dot + 1)) {
    run = std::min(run, Find(rules.domains, name.substr(dot)));
  }
  for (const auto& [pattern, its_run] : rules.others) {
    if (its_run < run && hosts::Matches(*pattern, client.name)) run = its_run;
  }
  return run;
}

std::string ClientSorter::KeyOf(const Client& client) const {
  std::string key;
  if (spec_ != nullptr) {
    AppendNumber(key, client.verified() ? 1 : 0);
    AppendWord(key, spec_->only_from.get(), client);
    AppendWord(key, spec_->no_access.get(), client);
  }
  for (const Rules& rules : rules_) {
    AppendNumber(key, RunOf(rules, client));
    for (const ClientPlan* plan : rules.intricate) plan->AppendMatches(client, key);
  }
  return key;
}

}  // namespace postern::policy::analysis
