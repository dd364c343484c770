// SPDX-License-Identifier: BSD-2-Clause
// A rule that matches a name from every address settles it: no rule behind it counts, and of those
// in front of it in the same run only the effect, which is its own. What a name changes in a rule
// with EXCEPT is either that, or nothing, or has a number.
#include "policy/analysis/client_sorter.h"

#include <algorithm>

namespace postern::policy::analysis {
namespace {

using hosts::TextPattern;

constexpr std::uint32_t kNoRule = 0xffffffff;
constexpr std::size_t kStepsOfName = 32;

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

bool IsEverything(const Region& region) {
  return !region.scattered && region.ranges == AddressSet::All();
}

}  // namespace

void NameNumbers::Add(const TextPattern& pattern, std::uint32_t number) {
  if (pattern.kind == TextPattern::Kind::kExact) {
    exact_[pattern.folded].push_back(number);
  } else if (pattern.kind == TextPattern::Kind::kSuffix) {
    domains_[pattern.folded].push_back(number);
  } else {
    others_.emplace_back(&pattern, number);
  }
}

std::vector<std::uint32_t> NameNumbers::Of(const hosts::Subject& name, Which which) const {
  std::vector<std::uint32_t> numbers;
  const auto append = [&numbers, which](const auto& known, std::string_view text) {
    const auto found = known.find(std::string(text));
    if (found == known.end()) return;
    const auto begin = found->second.begin();
    numbers.insert(numbers.end(), begin, which == Which::kFirst ? begin + 1 : found->second.end());
  };
  const std::string_view text = name.text();
  append(exact_, text);
  for (std::size_t dot = text.find('.', 1); dot != std::string_view::npos;
       dot = text.find('.', dot + 1)) {
    append(domains_, text.substr(dot));
  }
  for (const auto& [pattern, number] : others_) {
    if (hosts::Matches(*pattern, name)) numbers.push_back(number);
  }
  return numbers;
}

ClientSorter::ClientSorter(Regions& regions, const View& view)
    : regions_(regions), spec_(view.spec) {
  for (const HostsMapper::Speaking& speaking : view.speaking) {
    rules_.push_back(Sort(*view.mapper, speaking));
  }
}

ClientSorter::Rules ClientSorter::Sort(const HostsMapper& mapper,
                                       const HostsMapper::Speaking& speaking) {
  Rules rules;
  std::uint32_t run = 0;
  std::pair effect(false, Consequences::kNone);
  for (const auto& [index, unusable] : speaking.rules) {
    const ClientPlan& plan = mapper.plan(index);
    const Outcome& outcome = mapper.outcome(index);
    const std::pair its_effect(outcome.allowed, outcome.deeds);
    // A file that cannot be used may turn the rule's verdict around.
    if (its_effect != effect || unusable || plan.unusable()) ++run;
    effect = its_effect;
    rules.runs.push_back(run);
    if (plan.constant()) continue;
    regions_.WorkOn(mapper.rule(index).where);
    Place(plan, rules);
  }
  return rules;
}

// The rule whose run was added last.
void ClientSorter::Place(const ClientPlan& plan, Rules& rules) {
  const auto number = static_cast<std::uint32_t>(rules.runs.size()) - 1;
  const std::optional<std::vector<const TextPattern*>> names = plan.Names();
  if (!names) {
    rules.opaque.push_back(&plan);
    return;
  }
  const bool simple = plan.simple();
  const auto place = static_cast<std::uint32_t>(rules.intricates.size());
  for (const TextPattern* name : *names) {
    (simple ? rules.simple : rules.intricate).Add(*name, simple ? number : place);
  }
  if (simple) return;
  Client nobody(hosts::kUnknown, hosts::kUnknown);
  nobody.nobody = true;
  Intricate& rule = rules.intricates.emplace_back(&plan, number);
  rule.answers.emplace(plan.Match(regions_, nobody).yes, 0);
}

// The first rule that matches the name from every address. Adds to `key` what intricate rules in
// front of it say of the name.
std::uint32_t ClientSorter::FirstToSettle(Rules& rules, const Client& client, std::string& key) {
  const std::vector<std::uint32_t> simple =
      rules.simple.Of(client.name, NameNumbers::Which::kFirst);
  const std::uint32_t settles =
      simple.empty() ? kNoRule : *std::min_element(simple.begin(), simple.end());
  std::vector<std::uint32_t> places = rules.intricate.Of(client.name, NameNumbers::Which::kEvery);
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  BitDiagrams& diagrams = regions_.diagrams();
  diagrams.Spend(rules.simple.others() + rules.intricate.others() + kStepsOfName + places.size());
  for (const std::uint32_t place : places) {
    Intricate& rule = rules.intricates[place];
    if (rule.rule > settles || diagrams.exhausted()) break;
    diagrams.Spend(rule.plan->steps());
    Region answer = rule.plan->Match(regions_, client).yes;
    if (IsEverything(answer)) return rule.rule;
    const auto next = static_cast<std::uint32_t>(rule.answers.size());
    const std::uint32_t number = rule.answers.emplace(std::move(answer), next).first->second;
    if (number != 0) key += std::to_string(place) + '=' + std::to_string(number) + ' ';
  }
  return settles;
}

void ClientSorter::AppendKeys(Rules& rules, const Client& client, Keys& keys) {
  std::string common;
  const std::uint32_t settles = FirstToSettle(rules, client, common);
  for (const ClientPlan* plan : rules.opaque) {
    regions_.diagrams().Spend(plan->AppendMatches(client, common));
  }
  keys.effect += common;
  keys.rules += common;
  AppendNumber(keys.effect, settles == kNoRule ? kNoRule : rules.runs[settles]);
  AppendNumber(keys.rules, settles);
}

ClientSorter::Keys ClientSorter::KeysOf(const Client& client) {
  std::string words;
  if (spec_ != nullptr) {
    AppendNumber(words, client.verified() ? 1 : 0);
    AppendWord(words, spec_->only_from.get(), client);
    AppendWord(words, spec_->no_access.get(), client);
  }
  Keys keys{words, words};
  for (Rules& rules : rules_) AppendKeys(rules, client, keys);
  return keys;
}

}  // namespace postern::policy::analysis
