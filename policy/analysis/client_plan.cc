// SPDX-License-Identifier: BSD-2-Clause
// Lists of tokens as set algebra: A EXCEPT B EXCEPT C is A without (B without C).
#include "policy/analysis/client_plan.h"

#include <algorithm>

#include "policy/analysis/pattern_region.h"
#include "policy/hosts/rule_match.h"

namespace postern::policy::analysis {
namespace {

using hosts::HostPattern;
using Kind = HostPlan::Kind;

constexpr std::size_t kStepsOfToken = 8;

const Region& Everything() {
  static const Region everything{AddressSet::All(), std::nullopt};
  return everything;
}

bool Unusable(const HostPlan& plan) {
  if (plan.kind == Kind::kUnusable) return true;
  return plan.kind == Kind::kFile && std::any_of(plan.file->begin(), plan.file->end(), Unusable);
}

bool IgnoresName(const HostPlan& plan) {
  return plan.kind == Kind::kPatterns && plan.name == nullptr;
}

// One union of many: ranges are gathered first and sorted once.
class Gathering {
 public:
  explicit Gathering(Regions& regions) : regions_(regions) {}

  void Add(const Region& region) {
    if (region.scattered) {
      scattered_ = regions_.diagrams().Union(scattered_, *region.scattered);
      return;
    }
    const std::vector<AddressRange>& more = region.ranges.ranges();
    ranges_.insert(ranges_.end(), more.begin(), more.end());
  }

  Region Take() {
    Region region{AddressSet(std::move(ranges_)), std::nullopt};
    if (scattered_ == BitDiagrams::kEmpty) return region;
    return regions_.Union(region, Region{{}, scattered_});
  }

 private:
  Regions& regions_;
  std::vector<AddressRange> ranges_;
  BitDiagrams::Node scattered_ = BitDiagrams::kEmpty;
};

Matched MatchHost(Regions& regions, const HostPlan& plan, const Client& client);

Matched MatchFile(Regions& regions, const std::vector<HostPlan>& patterns, const Client& client) {
  if (std::none_of(patterns.begin(), patterns.end(), Unusable)) {
    Gathering gathering(regions);
    for (const HostPlan& pattern : patterns) {
      gathering.Add(MatchHost(regions, pattern, client).yes);
    }
    return {gathering.Take(), {}};
  }
  Matched matched;
  for (const HostPlan& pattern : patterns) {
    const Matched one = MatchHost(regions, pattern, client);
    matched.yes = regions.Union(matched.yes, regions.Minus(one.yes, matched.unusable));
    matched.unusable = regions.Union(matched.unusable, regions.Minus(one.unusable, matched.yes));
  }
  return matched;
}

// From every address.
bool MatchesClient(const HostPlan& plan, const Client& client) {
  if (client.nobody) return false;
  switch (plan.kind) {
    case Kind::kPatterns:
      return plan.name != nullptr && hosts::Matches(*plan.name, client.name);
    case Kind::kKnown:
      return client.verified();
    case Kind::kLocal:
      return client.verified() && !client.name.text().contains('.');
    case Kind::kNetgroup: {
      const auto group = client.groups.find(plan.group);
      return group != client.groups.end() && group->second;
    }
    case Kind::kFile:
    case Kind::kUnusable:
      break;
  }
  return false;
}

Matched MatchHost(Regions& regions, const HostPlan& plan, const Client& client) {
  if (plan.kind == Kind::kFile) return MatchFile(regions, *plan.file, client);
  if (plan.kind == Kind::kUnusable) return {{}, Everything()};
  return {MatchesClient(plan, client) ? Everything() : plan.addresses, {}};
}

// The places of the tokens that match, among all.
class MatchText {
 public:
  explicit MatchText(std::string& text) : text_(text) {}
  void Add(bool matches) {
    if (matches) text_ += std::to_string(count_) + ',';
    ++count_;
  }
  std::size_t count() const { return count_; }

 private:
  std::string& text_;
  std::size_t count_ = 0;
};

void AppendHostMatches(const HostPlan& plan, const Client& client, MatchText& text) {
  if (plan.kind != Kind::kFile) return text.Add(MatchesClient(plan, client));
  for (const HostPlan& inner : *plan.file) AppendHostMatches(inner, client, text);
}

bool UserMatches(const TokenPlan& token, const Client& client) {
  return token.user == nullptr || hosts::Matches(*token.user, client.user);
}

}  // namespace

Region ClientPlan::Segment(Regions& regions, const std::vector<TokenPlan>& tokens,
                           const Client& client) const {
  Gathering gathering(regions);
  for (const TokenPlan& token : tokens) {
    if (!UserMatches(token, client)) continue;
    if (IgnoresName(token.host)) {
      gathering.Add(token.host.addresses);
    } else {
      gathering.Add(MatchHost(regions, token.host, client).yes);
    }
  }
  return gathering.Take();
}

// Token by token, because whether a file is consulted hangs on all that stands in front of it.
Matched ClientPlan::Careful(Regions& regions, std::size_t depth, const Region& domain,
                            const Client& client) const {
  Matched matched;
  Region rest = domain;
  for (const TokenPlan& token : segments_[depth]) {
    const Matched one = MatchHost(regions, token.host, client);
    matched.unusable = regions.Union(matched.unusable, regions.Intersect(rest, one.unusable));
    rest = regions.Minus(rest, one.unusable);
    if (!UserMatches(token, client)) continue;
    matched.yes = regions.Union(matched.yes, regions.Intersect(rest, one.yes));
    rest = regions.Minus(rest, one.yes);
  }
  if (depth + 1 == segments_.size() || matched.yes.empty()) return matched;
  const Matched excluded = Careful(regions, depth + 1, matched.yes, client);
  matched.yes = regions.Minus(regions.Minus(matched.yes, excluded.yes), excluded.unusable);
  matched.unusable = regions.Union(matched.unusable, excluded.unusable);
  return matched;
}

Matched ClientPlan::Match(Regions& regions, const Client& client) const {
  if (constant_) return answer_;
  if (segments_.empty()) return {};
  if (unusable_) return Careful(regions, 0, Everything(), client);
  Region matched;
  for (std::size_t depth = segments_.size(); depth > 0; --depth) {
    const Region segment = Segment(regions, segments_[depth - 1], client);
    matched = depth == segments_.size() ? segment : regions.Minus(segment, matched);
  }
  return {std::move(matched), {}};
}

bool ClientPlan::simple() const { return segments_.size() == 1 && Names(); }

std::optional<std::vector<const hosts::TextPattern*>> ClientPlan::Names() const {
  std::vector<const hosts::TextPattern*> names;
  for (const std::vector<TokenPlan>& segment : segments_) {
    for (const TokenPlan& token : segment) {
      if (token.user != nullptr || token.host.kind != Kind::kPatterns) return std::nullopt;
      if (token.host.name != nullptr) names.push_back(token.host.name);
    }
  }
  return names;
}

std::size_t ClientPlan::AppendMatches(const Client& client, std::string& key) const {
  MatchText text(key);
  for (const std::vector<TokenPlan>& segment : segments_) {
    for (const TokenPlan& token : segment) {
      text.Add(UserMatches(token, client));
      AppendHostMatches(token.host, client, text);
    }
  }
  key += ';';
  return text.count();
}

ClientPlan ClientPlanner::Plan(const hosts::Rule& rule, hosts::Which which) {
  ClientPlan plan;
  const hosts::Effect effect = hosts::EffectOf(rule, which);
  bool constant = true;
  for (std::size_t depth = 0; depth < rule.clients.size(); ++depth) {
    std::vector<TokenPlan>& segment = plan.segments_.emplace_back();
    for (const hosts::ClientToken& token : rule.clients[depth]) {
      HostPlan host = PlanHost(token.host, hosts::MalformedMatches(effect, depth));
      plan.unusable_ |= Unusable(host);
      plan.steps_ += kStepsOfToken * (host.file ? host.file->size() + 1 : 1);
      const bool ignores_name = IgnoresName(host) || host.kind == Kind::kUnusable;
      constant &= ignores_name && !token.user;
      segment.push_back({std::move(host), token.user.get()});
    }
  }
  if (constant) {
    plan.answer_ = plan.Match(regions_, Client(hosts::kUnknown, hosts::kUnknown));
    plan.constant_ = true;
    plan.steps_ = 1;
    plan.segments_.clear();
  }
  return plan;
}

HostPlan ClientPlanner::PlanHost(const HostPattern& pattern, bool malformed_matches) {
  HostPlan plan;
  const HostPattern::Meaning& meaning = pattern.meaning;
  if (const auto* text = std::get_if<hosts::TextPattern>(&meaning)) {
    plan.addresses = AddressesOf(regions_, *text);
    // ALL is every address already; a bracketed address is no name.
    const bool name_counts = text->kind != hosts::TextPattern::Kind::kAll &&
                             text->kind != hosts::TextPattern::Kind::kIpv6;
    if (pattern.compares_name && name_counts) plan.name = text;
  } else if (const auto* v4 = std::get_if<hosts::Ipv4Net>(&meaning)) {
    plan.addresses = AddressesOf(regions_, *v4);
  } else if (const auto* v6 = std::get_if<hosts::Ipv6Net>(&meaning)) {
    if (!v6->doubtful() || malformed_matches) plan.addresses.ranges = AddressesOf(*v6);
  } else if (const auto* group = std::get_if<hosts::Netgroup>(&meaning)) {
    plan.kind = Kind::kNetgroup;
    plan.group = group->name;
  } else if (const auto* file = std::get_if<std::shared_ptr<const hosts::PatternFile>>(&meaning)) {
    return PlanFile(*file, malformed_matches);
  } else if (std::holds_alternative<HostPattern::Known>(meaning)) {
    plan.kind = Kind::kKnown;
  } else if (std::holds_alternative<HostPattern::Local>(meaning)) {
    plan.kind = Kind::kLocal;
  }
  return plan;
}

HostPlan ClientPlanner::PlanFile(const std::shared_ptr<const hosts::PatternFile>& file,
                                 bool malformed_matches) {
  const std::pair key{file.get(), malformed_matches};
  const auto known = files_.find(key);
  if (known != files_.end()) return known->second;
  HostPlan plan;
  if (!file->error.empty()) {
    plan.kind = Kind::kUnusable;
  } else {
    auto patterns = std::make_shared<std::vector<HostPlan>>();
    for (const HostPattern& pattern : file->patterns) {
      patterns->push_back(PlanHost(pattern, malformed_matches));
    }
    if (std::all_of(patterns->begin(), patterns->end(), IgnoresName)) {
      plan.addresses = MatchFile(regions_, *patterns, Client(hosts::kUnknown, hosts::kUnknown)).yes;
    } else {
      plan.kind = Kind::kFile;
      plan.file = std::move(patterns);
    }
  }
  files_.emplace(key, plan);
  return plan;
}

}  // namespace postern::policy::analysis
