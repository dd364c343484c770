// SPDX-License-Identifier: BSD-2-Clause
// Collecting patterns, and the products of what they tell apart.
#include "policy/analysis/situation.h"

#include <algorithm>
#include <map>

#include "policy/analysis/partition.h"
#include "policy/analysis/pattern_region.h"
#include "policy/hosts/request.h"

namespace postern::policy::analysis {
namespace {

using hosts::HostPattern;
using hosts::TextPattern;

constexpr std::size_t kMaxGroups = 8;  // every subset of them is a situation

using File = std::shared_ptr<const hosts::PatternFile>;

// Calls `visit` for the pattern and for all that it reads from files.
template <typename Visit>
void ForEach(const HostPattern& pattern, const Visit& visit) {
  const auto* file = std::get_if<File>(&pattern.meaning);
  if (file == nullptr) return visit(pattern);
  for (const HostPattern& inner : (*file)->patterns) ForEach(inner, visit);
}

constexpr const char* kServerNetgroup =
    "a netgroup of servers: whether a server is in it cannot be told apart from its name";
constexpr const char* kTooManyTargets =
    "this rule and others tell more daemons, ports and servers apart than can be compared";
constexpr const char* kTooManyClients =
    "this rule and others tell more names, users and netgroups apart than can be compared";

std::vector<Symbol> Symbols(std::vector<TextClass> classes) {
  std::vector<Symbol> symbols;
  const bool any = classes.size() == 1;
  for (TextClass& texts : classes) symbols.push_back({std::move(texts), any});
  return symbols;
}

std::optional<std::vector<Symbol>> SymbolsOf(const TextPatterns& patterns, bool counts,
                                             std::size_t limit) {
  if (!counts) return Symbols({TextClass{std::string(hosts::kUnknown), false, {}}});
  std::optional<std::vector<TextClass>> classes = patterns.Classes(limit);
  if (!classes) return std::nullopt;
  return Symbols(*std::move(classes));
}

// What a pattern says about the name of a host. False: nothing.
bool AddName(const HostPattern& pattern, TextPatterns& names) {
  if (const auto* text = std::get_if<TextPattern>(&pattern.meaning)) {
    const bool counts = pattern.compares_name && text->kind != TextPattern::Kind::kAll &&
                        text->kind != TextPattern::Kind::kIpv6;
    if (counts) names.Add(*text);
    return counts;
  }
  const bool local = std::holds_alternative<HostPattern::Local>(pattern.meaning);
  if (!local && !std::holds_alternative<HostPattern::Known>(pattern.meaning)) return false;
  if (local) names.TellDots();
  names.AddExact(hosts::kUnknown);
  names.AddExact(hosts::kParanoid);
  return true;
}

Region HostAddresses(Regions& regions, const HostPattern& pattern) {
  if (const auto* text = std::get_if<TextPattern>(&pattern.meaning)) {
    return AddressesOf(regions, *text);
  }
  if (const auto* net = std::get_if<hosts::Ipv4Net>(&pattern.meaning)) {
    return AddressesOf(regions, *net);
  }
  if (const auto* net = std::get_if<hosts::Ipv6Net>(&pattern.meaning)) {
    return {AddressesOf(*net), std::nullopt};
  }
  return {};
}

// The server's end of daemon lists: what is behind an '@'.
class ServerVocabulary {
 public:
  explicit ServerVocabulary(Regions& regions) : regions_(regions) {}

  void Add(const HostPattern& pattern) {
    ForEach(pattern, [this](const HostPattern& one) {
      AddName(one, names_);
      netgroup_ |= std::holds_alternative<hosts::Netgroup>(one.meaning);
      if (seen_.insert(one.text).second) cut_.push_back(HostAddresses(regions_, one));
    });
    counts_ = true;
  }

  bool counts() const { return counts_; }
  bool netgroup() const { return netgroup_; }
  std::optional<std::vector<Symbol>> Names(std::size_t limit) const {
    return SymbolsOf(names_, counts_, limit);
  }

  // One address of each part that the patterns cut out, and the unknown one. nullopt: too many.
  std::optional<std::vector<std::optional<IpAddress>>> Addresses(std::size_t limit) const {
    std::vector<std::optional<IpAddress>> addresses{std::nullopt};
    if (!counts_) return addresses;
    std::vector<BitDiagrams::Node> nodes;
    for (const Region& region : cut_) nodes.push_back(regions_.NodeOf(region));
    std::uint32_t parts = 1;
    for (; nodes.size() > 1; nodes.resize((nodes.size() + 1) / 2)) {
      const std::size_t half = (nodes.size() + 1) / 2;
      for (std::size_t i = 0; i + half < nodes.size(); ++i) {
        nodes[i] = Refine(nodes[i], nodes[i + half], parts);
        if (parts > limit || regions_.diagrams().exhausted()) return std::nullopt;
      }
    }
    for (const auto& [part, address] : LowestOf(nodes.empty() ? BitDiagrams::kEmpty : nodes[0])) {
      addresses.emplace_back(address);
    }
    return addresses;
  }

 private:
  BitDiagrams::Node Refine(BitDiagrams::Node a, BitDiagrams::Node b, std::uint32_t& parts) const {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> numbers;
    const BitDiagrams::Node both =
        regions_.diagrams().Apply(a, b, [&numbers](std::uint32_t x, std::uint32_t y) {
          const auto next = static_cast<std::uint32_t>(numbers.size());
          return numbers.emplace(std::pair(x, y), next).first->second;
        });
    parts = static_cast<std::uint32_t>(numbers.size());
    return both;
  }

  std::vector<std::pair<std::uint32_t, IpAddress>> LowestOf(BitDiagrams::Node node) const {
    return NumbersIn(regions_, Partition{{}, node}, Region{AddressSet::All(), std::nullopt});
  }

  Regions& regions_;
  TextPatterns names_;
  std::set<std::string> seen_;
  bool counts_ = false, netgroup_ = false;
  std::vector<Region> cut_;
};

class DaemonVocabulary {
 public:
  explicit DaemonVocabulary(Regions& regions) : servers_(regions) {}

  void Add(const hosts::Rule& rule) {
    for (const std::vector<hosts::DaemonToken>& segment : rule.daemons) {
      for (const hosts::DaemonToken& token : segment) Add(token, rule.where);
    }
    last_ = &rule.where;
  }

  Result<std::vector<Target>> Targets(std::size_t limit) const {
    if (netgroup_rule_) return NoExactAnswer(*netgroup_rule_, kServerNetgroup);
    const auto daemons = SymbolsOf(daemons_, true, limit);
    const auto names = servers_.Names(limit);
    const auto addresses = servers_.Addresses(limit);
    if (!daemons || !names || !addresses) return NoExactAnswer(Multiplier(), kTooManyTargets);
    std::vector<std::optional<std::uint16_t>> ports{std::nullopt};
    ports.insert(ports.end(), ports_.begin(), ports_.end());
    std::vector<Target> targets;
    for (const Symbol& daemon : *daemons) {
      for (const auto& port : ports) {
        for (const Symbol& name : *names) {
          for (const auto& address : *addresses) {
            if (targets.size() == limit) return NoExactAnswer(Multiplier(), kTooManyTargets);
            targets.push_back({daemon, ports.size() > 1, servers_.counts(), port, name, address});
          }
        }
      }
    }
    return targets;
  }

 private:
  void Add(const hosts::DaemonToken& token, const SourceLocation& where) {
    if (const auto* port = std::get_if<std::uint16_t>(&token.daemon)) {
      ports_.insert(*port);
    } else {
      daemons_.Add(std::get<TextPattern>(token.daemon));
    }
    if (!token.server) return;
    server_rule_ = where;
    servers_.Add(*token.server);
    if (servers_.netgroup() && !netgroup_rule_) netgroup_rule_ = where;
  }

  // The last rule that names a server, which multiplies; otherwise the last.
  SourceLocation Multiplier() const {
    if (server_rule_) return *server_rule_;
    return last_ != nullptr ? *last_ : SourceLocation{};
  }

  TextPatterns daemons_;
  std::set<std::uint16_t> ports_;
  ServerVocabulary servers_;
  std::optional<SourceLocation> netgroup_rule_, server_rule_;
  const SourceLocation* last_ = nullptr;
};

}  // namespace

Failure NoExactAnswer(const SourceLocation& where, const char* message) {
  return Failure(Diagnostic{.severity = Severity::kError,
                            .code = "no-exact-answer",
                            .where = where,
                            .message = message,
                            .fix = {},
                            .source_line = {}});
}

std::string Symbol::ToText() const {
  if (texts.exact) return texts.representative;
  if (any) return "any";
  if (texts.patterns.empty()) return "any other";
  std::string text = "any other like";
  for (const std::string& pattern : texts.patterns) text += ' ' + pattern;
  return text;
}

void ClientVocabulary::Add(const hosts::Rule& rule) {
  for (const std::vector<hosts::ClientToken>& segment : rule.clients) {
    for (const hosts::ClientToken& token : segment) {
      AddHost(token.host, rule.where);
      if (!token.user || token.user->kind == TextPattern::Kind::kAll) continue;
      users_.Add(*token.user);
      user_rule_ = &rule.where;
    }
  }
}

void ClientVocabulary::AddHost(const HostPattern& pattern, const SourceLocation& where) {
  ForEach(pattern, [this, &where](const HostPattern& one) {
    if (AddName(one, names_)) {
      name_counts_ = true;
      name_rule_ = &where;
      const auto* const text = std::get_if<TextPattern>(&one.meaning);
      const bool glob = text != nullptr && (text->kind == TextPattern::Kind::kGlob ||
                                            text->kind == TextPattern::Kind::kPrefix);
      if (glob) glob_rule_ = &where;
    }
    if (const auto* group = std::get_if<hosts::Netgroup>(&one.meaning)) {
      groups_.insert(group->name);
      group_rule_ = &where;
    }
  });
}

SourceLocation ClientVocabulary::Multiplier() const {
  for (const SourceLocation* rule : {glob_rule_, group_rule_, user_rule_, name_rule_}) {
    if (rule != nullptr) return *rule;
  }
  return {};
}

// Whom a name could refuse or admit is refused without one.
void ClientVocabulary::Add(const ServiceSpec& spec) {
  for (const AccessList* list : {spec.only_from.get(), spec.no_access.get()}) {
    if (list == nullptr || !list->has_names()) continue;
    name_counts_ = true;
    names_.AddExact(hosts::kUnknown);
    names_.AddExact(hosts::kParanoid);
    for (const AddressWord& word : list->words()) {
      if (word.kind == AddressWordKind::kHost) names_.AddExact(word.name);
      if (word.kind == AddressWordKind::kDomain) names_.AddDomain('.' + word.name);
    }
  }
}

Result<std::vector<ClientSymbol>> ClientVocabulary::Symbols(std::size_t limit) const {
  const auto names = SymbolsOf(names_, name_counts_, limit);
  const auto users = SymbolsOf(users_, user_rule_ != nullptr, limit);
  const std::size_t subsets = std::size_t{1} << std::min(groups_.size(), kMaxGroups);
  if (!names || !users || groups_.size() > kMaxGroups ||
      names->size() * users->size() * subsets > limit) {
    return NoExactAnswer(Multiplier(), kTooManyClients);
  }
  std::vector<ClientSymbol> symbols;
  for (const Symbol& name : *names) {
    for (const Symbol& user : *users) {
      for (std::size_t subset = 0; subset < subsets; ++subset) {
        ClientSymbol& symbol = symbols.emplace_back(name, user);
        for (const std::string& group : groups_) {
          symbol.groups.emplace_back(group, (subset >> symbol.groups.size() & 1) != 0);
        }
      }
    }
  }
  return symbols;
}

Result<std::vector<Target>> TargetsOf(Regions& regions, const hosts::HostsPolicy& before,
                                      const hosts::HostsPolicy& after, std::size_t limit) {
  DaemonVocabulary vocabulary(regions);
  for (const hosts::HostsPolicy* policy : {&before, &after}) {
    for (const hosts::Table* table : {&policy->allow(), &policy->deny()}) {
      for (const hosts::Rule& rule : table->rules) vocabulary.Add(rule);
    }
  }
  return vocabulary.Targets(limit);
}

}  // namespace postern::policy::analysis
