// SPDX-License-Identifier: BSD-2-Clause
#include "policy/check/rule_shape.h"

#include <algorithm>
#include <memory>
#include <variant>

#include "policy/analysis/pattern_region.h"
#include "policy/base/text.h"

namespace postern::policy::check {
namespace {

using analysis::AddressSet;
using analysis::Region;
using analysis::Regions;
using hosts::HostPattern;
using hosts::TextPattern;

// Sorting one among many, in units of a WorkBudget.
constexpr std::size_t kRangeWork = 4;

// Netgroups and files are told apart by case.
std::string KeyOf(const HostPattern& host) {
  const bool exact_case = host.text.starts_with('@') || host.text.starts_with('/');
  return exact_case ? host.text : ToLower(host.text);
}

class HostShaper {
 public:
  HostShaper(Regions& regions, ClientShape& shape) : regions_(regions), shape_(shape) {}

  void Shape(const HostPattern& host) {
    shape_.sure = true;
    if (const auto* text = std::get_if<TextPattern>(&host.meaning)) {
      Text(host, *text);
    } else if (const auto* v4 = std::get_if<hosts::Ipv4Net>(&host.meaning)) {
      Addresses(analysis::AddressesOf(regions_, *v4));
    } else if (const auto* v6 = std::get_if<hosts::Ipv6Net>(&host.meaning)) {
      shape_.sure = !v6->doubtful();
      if (shape_.sure) Addresses({analysis::AddressesOf(*v6), std::nullopt});
    } else if (std::holds_alternative<hosts::NeverMatches>(host.meaning)) {
      shape_.never = true;
    }
  }

 private:
  void Addresses(const Region& region) {
    if (region.scattered) return;
    shape_.only_addresses = true;
    shape_.addresses = region.ranges;
    shape_.never = region.empty();
  }

  void Text(const HostPattern& host, const TextPattern& text) {
    if (text.kind == TextPattern::Kind::kAll) {
      shape_.all = true;
      return;
    }
    if (text.kind == TextPattern::Kind::kSuffix && host.compares_name) shape_.domain = text.folded;
    if (!host.compares_name || text.kind == TextPattern::Kind::kIpv6) {
      Addresses(analysis::AddressesOf(regions_, text));
      return;
    }
    // An IPv6 address may be written with its zone; an IPv4 address has one text.
    if (text.kind != TextPattern::Kind::kGlob) return;
    const Region region = analysis::Ipv4AddressesOfGlob(regions_, text);
    if (!region.scattered) shape_.addresses = region.ranges;
  }

  Regions& regions_;
  ClientShape& shape_;
};

ClientShape ShapeClient(Regions& regions, const hosts::ClientToken& token) {
  ClientShape shape;
  HostShaper(regions, shape).Shape(token.host);
  shape.host = KeyOf(token.host);
  shape.key = shape.host;
  if (!token.user || token.user->kind == TextPattern::Kind::kAll) return shape;
  shape.key = ToLower(token.user->text) + "@" + shape.host;
  // Held by whoever holds the host; holds nobody but the same token again.
  shape.all = false;
  shape.domain.clear();
  if (!shape.only_addresses) shape.addresses = {};
  return shape;
}

DaemonShape ShapeDaemon(const hosts::DaemonToken& token) {
  DaemonShape shape;
  if (const auto* port = std::get_if<std::uint16_t>(&token.daemon)) {
    shape.name = "#" + std::to_string(*port);
  } else {
    const TextPattern& text = std::get<TextPattern>(token.daemon);
    shape.name = ToLower(text.text);
    shape.all = text.kind == TextPattern::Kind::kAll;
    shape.exact = text.kind == TextPattern::Kind::kExact;
    if (!shape.exact) shape.glob = &text;
  }
  shape.key = shape.name;
  if (!token.server) return shape;
  shape.key += "@" + KeyOf(*token.server);
  shape.all = false;
  shape.glob = nullptr;
  return shape;
}

template <typename Token>
std::string WholeList(const hosts::List<Token>& list) {
  std::string text;
  for (const std::vector<Token>& segment : list) {
    if (!text.empty()) text += " EXCEPT";
    for (const Token& token : segment) text += " " + token.text;
  }
  return text;
}

bool IsAll(const HostPattern& host) {
  const auto* text = std::get_if<TextPattern>(&host.meaning);
  return text != nullptr && text->kind == TextPattern::Kind::kAll;
}

bool IsAll(const hosts::ClientToken& token) {
  return IsAll(token.host) && (!token.user || token.user->kind == TextPattern::Kind::kAll);
}

bool IsAll(const hosts::DaemonToken& token) {
  const auto* text = std::get_if<TextPattern>(&token.daemon);
  return text != nullptr && text->kind == TextPattern::Kind::kAll && !token.server;
}

template <typename Token>
bool HoldsAll(const hosts::List<Token>& list) {
  return list.size() == 1 &&
         std::ranges::any_of(list.front(), [](const Token& token) { return IsAll(token); });
}

// Those of diagrams are a few nanoseconds each.
constexpr std::size_t kStepsOfUnit = 4;

}  // namespace

RuleShaper::RuleShaper(std::size_t work) : work_(work), regions_(kStepsOfUnit * work) {}

// a EXCEPT b EXCEPT c is a EXCEPT (b EXCEPT c): folded from the end.
std::optional<AddressSet> RuleShaper::ExactAddresses(const hosts::List<hosts::ClientToken>& list) {
  AddressSet set;
  for (auto segment = list.rbegin(); segment != list.rend(); ++segment) {
    std::vector<analysis::AddressRange> ranges;
    for (const hosts::ClientToken& token : *segment) {
      const ClientShape shape = ShapeClient(regions_, token);
      if (shape.key != shape.host || !shape.sure) return std::nullopt;
      if (!shape.only_addresses && !shape.never) return std::nullopt;
      const auto& more = shape.addresses.ranges();
      ranges.insert(ranges.end(), more.begin(), more.end());
    }
    if (!work().Spend(ranges.size() * kRangeWork + set.ranges().size())) return std::nullopt;
    set = AddressSet(std::move(ranges)).Minus(set);
  }
  return set;
}

// What it says hangs on whether the rule grants, or it ends the rule.
bool RuleShaper::IsDoubtful(const HostPattern& host) {
  const auto* net = std::get_if<hosts::Ipv6Net>(&host.meaning);
  if (net != nullptr && net->doubtful()) return true;
  const auto* file = std::get_if<std::shared_ptr<const hosts::PatternFile>>(&host.meaning);
  return file != nullptr && IsDoubtful(**file);
}

bool RuleShaper::IsDoubtful(const hosts::PatternFile& file) {
  if (const auto known = doubtful_.find(&file); known != doubtful_.end()) return known->second;
  const bool doubtful =
      !file.error.empty() || std::ranges::any_of(file.patterns, [this](const HostPattern& host) {
        return IsDoubtful(host);
      });
  return doubtful_[&file] = doubtful;
}

bool RuleShaper::MayFail(const hosts::Rule& rule) {
  const auto undoes = [](const hosts::OptionAction& action) {
    return std::holds_alternative<hosts::option::Aclexec>(action);
  };
  if (rule.options && std::ranges::any_of(rule.options->actions, undoes)) return true;
  for (const auto& segment : rule.clients) {
    for (const auto& token : segment) {
      if (IsDoubtful(token.host)) return true;
    }
  }
  for (const auto& segment : rule.daemons) {
    for (const auto& token : segment) {
      if (token.server && IsDoubtful(*token.server)) return true;
    }
  }
  return false;
}

bool RuleShaper::HoldsEverything(const hosts::Rule& rule) {
  return HoldsAll(rule.daemons) && HoldsAll(rule.clients) && !MayFail(rule);
}

RuleShape RuleShaper::ShapeOf(const hosts::Rule& rule, hosts::Which which) {
  work().Spend(rule.text.size());
  RuleShape shape;
  for (const hosts::DaemonToken& token : rule.daemons.front()) {
    shape.daemons.push_back(ShapeDaemon(token));
  }
  for (const hosts::ClientToken& token : rule.clients.front()) {
    ClientShape client = ShapeClient(regions_, token);
    if (!client.never) shape.clients.push_back(std::move(client));
  }
  if (rule.daemons.size() > 1) shape.daemon_list = ToLower(WholeList(rule.daemons));
  if (rule.clients.size() > 1) {
    shape.client_list = WholeList(rule.clients);
    shape.exact = ExactAddresses(rule.clients);
  }
  shape.decides = !MayFail(rule);
  shape.effect = hosts::EffectOf(rule, which);
  return shape;
}

}  // namespace postern::policy::check
