// SPDX-License-Identifier: BSD-2-Clause
// Situation by situation: two maps, laid over each other.
//
// Situations whose rules are the same have the same answer and share it, so that a policy of many
// daemons costs little more than one of few.
#include "policy/analysis/policy_diff.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "policy/analysis/client_sorter.h"
#include "policy/analysis/compare_views.h"

namespace postern::policy::analysis {
namespace {

constexpr std::size_t kMaxTargets = 1u << 16;
constexpr std::size_t kMaxClients = 1u << 17;
// Rules that speak to daemons, kept for all daemons together.
constexpr std::size_t kMaxSpeaking = std::size_t{1} << 25;
constexpr std::size_t kStepsOfSpeaking = 16;  // asking a rule whether it speaks to a daemon

constexpr const char* kTooMuch =
    "comparing the policies exactly takes too much here: too many parts of the address space, "
    "names "
    "or daemons are told apart by this rule and those like it";

// Lists of changes, each kept once; number 0 is the empty one.
class Interned {
 public:
  Interned() { NumberOf({}); }
  std::uint32_t NumberOf(Changes changes) {
    const auto next = static_cast<std::uint32_t>(by_number_.size());
    const auto [known, added] = numbers_.emplace(std::move(changes), next);
    if (added) by_number_.push_back(&known->first);
    return known->second;
  }
  const Changes& operator[](std::uint32_t number) const { return *by_number_[number]; }

 private:
  std::map<Changes, std::uint32_t> numbers_;
  std::vector<const Changes*> by_number_;
};

// Which client meets which list of changes.
using Findings = std::vector<std::pair<ClientSymbol, std::uint32_t>>;

class Comparison {
 public:
  Comparison(const PolicySide& before, const PolicySide& after, std::size_t step_limit)
      : diff_(std::make_unique<PolicyDiff>(PolicyDiff{before, after, {}, Regions(step_limit)})),
        before_(diff_->before),
        after_(diff_->after),
        old_mapper_(diff_->regions, *before.hosts, diff_->deeds),
        new_mapper_(diff_->regions, *after.hosts, diff_->deeds) {}

  Result<std::unique_ptr<PolicyDiff>> Run() {
    const auto targets = TargetsOf(diff_->regions, *before_.hosts, *after_.hosts, kMaxTargets);
    if (!targets) return Failure(targets.error());
    for (const std::string& id : ServiceIds()) {
      // A service decides its daemon by itself; the target gives what it does not.
      for (const Target& target : Servers(*targets)) {
        if (auto failed = Look({id, target})) return *std::move(failed);
      }
    }
    for (const Target& target : *targets) {
      if (auto failed = Look({{}, target})) return *std::move(failed);
    }
    if (Exhausted()) return TooMuch();
    Collect();
    return std::move(diff_);
  }

 private:
  bool Exhausted() const {
    return diff_->regions.diagrams().exhausted() || speaking_ > kMaxSpeaking;
  }

  // Of the rules that took the effort, the last is named: it is one of the kind.
  Failure TooMuch() const {
    const SourceLocation* const rule = diff_->regions.rule();
    return NoExactAnswer(rule != nullptr ? *rule : SourceLocation{}, kTooMuch);
  }

  static const ServiceSide* Find(const PolicySide& side, const std::string& id) {
    const auto found =
        std::find_if(side.services.begin(), side.services.end(),
                     [&](const ServiceSide& service) { return service.spec->id == id; });
    return found == side.services.end() ? nullptr : &*found;
  }

  std::set<std::string> ServiceIds() const {
    std::set<std::string> ids;
    for (const PolicySide* side : {&before_, &after_}) {
      for (const ServiceSide& service : side->services) ids.insert(service.spec->id);
    }
    return ids;
  }

  static std::vector<Target> Servers(const std::vector<Target>& targets) {
    std::vector<Target> servers;
    for (const Target& target : targets) {
      const Target& first = targets.front();
      const bool same = target.daemon.texts.representative == first.daemon.texts.representative &&
                        target.port == first.port;
      if (!same) continue;
      servers.push_back(target);
      servers.back().daemon = {};
      servers.back().port_matters = false;
    }
    return servers;
  }

  View ViewOf(const PolicySide& side, const HostsMapper& mapper, const Subject& subject) const {
    View view{.mapper = &mapper, .hosts = side.hosts.get(), .requests = {}, .speaking = {}};
    std::vector<std::string> daemons{subject.target.daemon.texts.representative};
    if (!subject.service.empty()) {
      const ServiceSide* const service = Find(side, subject.service);
      view.exists = service != nullptr;
      if (!view.exists) return view;
      view.spec = service->spec.get();
      daemons = service->daemons;
    }
    for (const std::string& daemon : daemons) {
      view.requests.push_back(RequestOf(subject.target, view.spec, daemon));
      view.speaking.push_back(mapper.SpeakingTo(view.requests.back()));
      const auto& rules = view.speaking.back().rules;
      if (!rules.empty()) diff_->regions.WorkOn(mapper.rule(rules.front().first).where);
      diff_->regions.diagrams().Spend(kStepsOfSpeaking * mapper.Asks(daemon));
    }
    return view;
  }

  static hosts::Request RequestOf(const Target& target, const ServiceSpec* spec,
                                  const std::string& daemon) {
    hosts::Request request;
    request.daemon = hosts::Fact::Known(daemon);
    request.server.name = hosts::Fact::Known(target.server_name.texts.representative);
    if (target.server_address) {
      request.server.address = hosts::Fact::Known(target.server_address->ToString());
    }
    request.server.port = target.port;
    const bool listens = spec != nullptr && spec->kind != ServiceKind::kTcpmux &&
                         spec->listen.family != Family::kUnix;
    if (!listens) return request;
    request.server.port = spec->listen.port;
    if (spec->listen.address) {
      request.server.address = hosts::Fact::Known(spec->listen.address->ToString());
    }
    return request;
  }

  // The error, if there is one.
  std::optional<Failure> Look(const Subject& subject) {
    if (Exhausted()) return TooMuch();
    const View before = ViewOf(before_, old_mapper_, subject);
    const View after = ViewOf(after_, new_mapper_, subject);
    const auto key = std::tuple(before.spec, before.exists, before.speaking, after.spec,
                                after.exists, after.speaking);
    const auto known = answers_.find(key);
    if (known != answers_.end()) {
      found_.emplace_back(subject, known->second);
      return std::nullopt;
    }
    speaking_ += SizeOf(before) + SizeOf(after);
    ClientVocabulary vocabulary;
    AddWords(vocabulary, before);
    AddWords(vocabulary, after);
    const auto clients = vocabulary.Symbols(kMaxClients);
    if (!clients) return Failure(clients.error());
    const auto findings = Judge(before, after, *clients);
    if (!findings) return TooMuch();
    answers_list_.push_back(Simple(*findings));
    answers_.emplace(key, answers_list_.size() - 1);
    found_.emplace_back(subject, answers_list_.size() - 1);
    return std::nullopt;
  }

  // Clients that are treated alike share one comparison, if it finds nothing or the same rules
  // decide. nullopt: too much work.
  std::optional<Findings> Judge(const View& before, const View& after,
                                const std::vector<ClientSymbol>& clients) {
    ClientSorter old_sorter(diff_->regions, before), new_sorter(diff_->regions, after);
    std::set<std::string> without_effect;
    std::map<std::string, std::uint32_t> by_rules;
    Findings findings;
    for (const ClientSymbol& symbol : clients) {
      const Client client = ClientOf(symbol);
      const ClientSorter::Keys was = old_sorter.KeysOf(client), is = new_sorter.KeysOf(client);
      const std::string effect = was.effect + '/' + is.effect;
      if (without_effect.contains(effect)) {
        findings.emplace_back(symbol, 0);
        continue;
      }
      const auto [known, added] = by_rules.emplace(was.rules + '/' + is.rules, 0);
      if (added) {
        known->second =
            interned_.NumberOf(CompareViews(diff_->regions, diff_->deeds, before, after, symbol));
        if (known->second == 0) without_effect.insert(effect);
      }
      if (Exhausted()) return std::nullopt;
      findings.emplace_back(symbol, known->second);
    }
    return findings;
  }

  static std::size_t SizeOf(const View& view) {
    std::size_t rules = 0;
    for (const HostsMapper::Speaking& speaking : view.speaking) rules += speaking.rules.size();
    return rules;
  }

  static void AddWords(ClientVocabulary& vocabulary, const View& view) {
    if (view.spec != nullptr) vocabulary.Add(*view.spec);
    for (const HostsMapper::Speaking& speaking : view.speaking) {
      for (const auto& [index, unusable] : speaking.rules) vocabulary.Add(view.mapper->rule(index));
    }
  }

  // One finding for everybody where all are alike, one for a name where its users are.
  static Findings Simple(const Findings& findings) {
    Findings simple;
    const auto alike = [](auto begin, auto end) {
      return std::all_of(begin, end, [&](const auto& one) { return one.second == begin->second; });
    };
    if (alike(findings.begin(), findings.end())) {
      ClientSymbol everybody = findings.front().first;
      everybody.name.any = everybody.user.any = true;
      everybody.name.texts.exact = everybody.user.texts.exact = false;
      everybody.groups.clear();
      return {{std::move(everybody), findings.front().second}};
    }
    for (auto begin = findings.begin(); begin != findings.end();) {
      const auto end = std::find_if(begin, findings.end(), [&](const auto& one) {
        return one.first.name.texts.representative != begin->first.name.texts.representative;
      });
      if (alike(begin, end)) {
        simple.push_back(*begin);
        simple.back().first.user.any = true;
        simple.back().first.user.texts.exact = false;
        simple.back().first.groups.clear();
      } else {
        simple.insert(simple.end(), begin, end);
      }
      begin = end;
    }
    return simple;
  }

  // Subjects with the same answer become one difference for each list of changes.
  void Collect() {
    std::map<std::size_t, std::vector<Subject>> by_answer;
    std::vector<std::size_t> order;
    for (auto& [subject, answer] : found_) {
      if (!by_answer.contains(answer)) order.push_back(answer);
      by_answer[answer].push_back(std::move(subject));
    }
    for (const std::size_t answer : order) {
      std::map<std::uint32_t, std::vector<ClientSymbol>> by_changes;
      std::vector<std::uint32_t> numbers;
      for (auto& [client, number] : answers_list_[answer]) {
        if (number == 0) continue;
        if (!by_changes.contains(number)) numbers.push_back(number);
        by_changes[number].push_back(std::move(client));
      }
      for (const std::uint32_t number : numbers) {
        diff_->differences.push_back(
            {by_answer[answer], std::move(by_changes[number]), interned_[number]});
      }
    }
  }

  using Key = std::tuple<const ServiceSpec*, bool, std::vector<HostsMapper::Speaking>,
                         const ServiceSpec*, bool, std::vector<HostsMapper::Speaking>>;

  std::unique_ptr<PolicyDiff> diff_;
  const PolicySide& before_;
  const PolicySide& after_;
  HostsMapper old_mapper_, new_mapper_;
  Interned interned_;
  std::map<Key, std::size_t> answers_;  // place in answers_list_
  std::vector<Findings> answers_list_;
  std::vector<std::pair<Subject, std::size_t>> found_;
  std::size_t speaking_ = 0;
};

}  // namespace

bool PolicyDiff::widens() const {
  return std::any_of(differences.begin(), differences.end(), [](const Difference& difference) {
    return std::any_of(difference.changes.begin(), difference.changes.end(),
                       [](const Change& change) { return change.widens(); });
  });
}

Result<std::unique_ptr<PolicyDiff>> Compare(const PolicySide& before, const PolicySide& after,
                                            std::size_t step_limit) {
  return Comparison(before, after, step_limit).Run();
}

}  // namespace postern::policy::analysis
