// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/cli/range_check.h"

#include <utility>

namespace postern::cli {
namespace {

namespace analysis = policy::analysis;
namespace hosts = policy::hosts;
using analysis::AddressSet;
using analysis::Number128;
using policy::ServiceSpec;

AddressSet SetOf(const AddressRange& range) {
  const AddressSet inside(analysis::RangeOf(range.block));
  return range.outside ? inside.Complement() : inside;
}

// An address of every part of `set` that the words of the service's lists tell apart.
std::vector<policy::IpAddress> Representatives(const ServiceSpec& spec, const AddressSet& set) {
  std::vector<policy::IpAddress> addresses;
  for (const analysis::AddressRange& range : set.ranges()) {
    addresses.push_back(range.first.ToAddress());
  }
  const auto add = [&](const Number128& number) {
    const policy::IpAddress address = number.ToAddress();
    if (set.Contains(address)) addresses.push_back(address);
  };
  for (const policy::AccessList* list : {spec.only_from.get(), spec.no_access.get()}) {
    if (list == nullptr) continue;
    for (const policy::AddressWord& word : list->words()) {
      for (const policy::CidrBlock& block : word.blocks) {
        const analysis::AddressRange range = analysis::RangeOf(block);
        add(range.first);
        if (range.last != Number128::Max()) add(range.last.Next());
      }
    }
  }
  return addresses;
}

void ReachService(const ServiceSpec& spec, Question question, const AddressSet& set,
                  Coverage& coverage) {
  for (const policy::IpAddress& address : Representatives(spec, set)) {
    question.client_addr = address.ToString();
    coverage.ReachService(spec, question);
  }
}

}  // namespace

analysis::Region RangeChecker::Pass(const analysis::VerdictMap& map, const Region& came,
                                    Coverage& coverage) {
  for (const analysis::VerdictMap::Reach& reach : map.Reached(regions_, came)) {
    if (reach.outcome.rule != nullptr) coverage.Reach(*reach.outcome.rule);
  }
  return regions_.Intersect(map.Allowed(regions_), came);
}

analysis::Region RangeChecker::PassHosts(const Question& question, const ServiceSpec* spec,
                                         Region came, Coverage& coverage) {
  if (!mapper_) mapper_.emplace(regions_, decider_.hosts(), deeds_);
  const std::vector<std::string> daemons =
      spec != nullptr ? decider_.DaemonsFor(*spec, question)
                      : std::vector<std::string>{question.daemon.value_or("")};
  for (const std::string& daemon : daemons) {
    const hosts::Request request = MakeRequest(question, daemon, spec);
    const analysis::Client client(request.client.name.text(), request.user.text());
    analysis::VerdictMap map = mapper_->Map(mapper_->SpeakingTo(request), client);
    for (analysis::Outcome& outcome : map.outcomes) {
      outcome.allowed = outcome.allowed && !decider_.NamesUnknownAccount(outcome.rule);
    }
    came = Pass(map, came, coverage);
  }
  return came;
}

std::expected<std::optional<policy::IpAddress>, std::string> RangeChecker::FindCounterexample(
    const Question& question, const AddressRange& range, bool allow, Coverage& coverage) {
  regions_.diagrams().ForgetSteps();
  const AddressSet asserted = SetOf(range);
  const Region all{asserted, std::nullopt};
  Region allowed = all;
  const ServiceSpec* const spec =
      question.service ? decider_.FindService(*question.service) : nullptr;
  if (spec != nullptr) {
    ReachService(*spec, question, asserted, coverage);
    const auto refused = decider_.RefuseEveryone(*spec, question);
    const analysis::VerdictMap map = analysis::MapService(*spec, ConfirmedName(question));
    allowed = refused ? Region{} : regions_.Intersect(map.Allowed(regions_), all);
  }
  if (!allowed.empty()) allowed = PassHosts(question, spec, std::move(allowed), coverage);
  const Region wrong = allow ? regions_.Minus(all, allowed) : allowed;
  if (regions_.diagrams().exhausted()) {
    return std::unexpected(
        "the patterns that speak of the text of addresses are too many to tell exactly");
  }
  return regions_.Sample(wrong);
}

}  // namespace postern::cli
