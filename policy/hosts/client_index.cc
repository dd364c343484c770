// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hosts/client_index.h"

#include <algorithm>
#include <bit>
#include <tuple>
#include <utility>

namespace postern::policy::hosts {
namespace {

constexpr std::string_view kNumeric = "0123456789./";

PrefixKey KeyOf(std::uint32_t address) { return {std::uint64_t{address} << 32, 0}; }

PrefixKey KeyOf(const policy::IpAddress::Bytes16& bytes) {
  PrefixKey key;
  for (std::size_t i = 0; i < 8; ++i) {
    key.high = key.high << 8 | bytes[i];
    key.low = key.low << 8 | bytes[i + 8];
  }
  return key;
}

PrefixKey Cut(const PrefixKey& key, int length) {
  constexpr std::uint64_t kOnes = ~std::uint64_t{0};
  if (length == 0) return {};
  if (length <= 64) return {key.high & kOnes << (64 - length), 0};
  return {key.high, key.low & kOnes << (128 - length)};
}

// A prefix tree gives the longest entry, and the first rule is wanted: each entry takes the lowest
// number among those that cover it.
PrefixTree FirstRules(std::vector<PrefixTree::Entry> entries) {
  std::ranges::sort(entries, {}, [](const PrefixTree::Entry& e) {
    return std::tuple(e.key.high, e.key.low, e.length, e.value);
  });
  std::vector<PrefixTree::Entry> covers;
  for (PrefixTree::Entry& entry : entries) {
    while (!covers.empty() && Cut(entry.key, covers.back().length) != covers.back().key) {
      covers.pop_back();
    }
    if (!covers.empty()) entry.value = std::min(entry.value, covers.back().value);
    covers.push_back(entry);
  }
  return PrefixTree(std::move(entries));
}

std::uint32_t Find(const PrefixTree& tree, const PrefixKey& key) {
  const std::optional<PrefixTree::Match> match = tree.Find(key);
  return match ? match->value : kUnmatched;
}

std::uint32_t Find(const TextMap<std::uint32_t>& map, std::string_view text) {
  const auto found = map.find(text);
  return found == map.end() ? kUnmatched : found->second;
}

bool IsContiguous(std::uint32_t mask) { return (~mask & (~mask + 1)) == 0; }

}  // namespace

bool ClientIndex::Knows(const Rule& rule) {
  return std::ranges::all_of(rule.clients.front(), [](const ClientToken& token) {
    const HostPattern::Meaning& meaning = token.host.meaning;
    if (const auto* text = std::get_if<TextPattern>(&meaning)) {
      return text->kind != TextPattern::Kind::kGlob;
    }
    return std::holds_alternative<Ipv4Net>(meaning) || std::holds_alternative<Ipv6Net>(meaning) ||
           std::holds_alternative<NeverMatches>(meaning);
  });
}

bool ClientIndex::Decides(const Rule& rule) {
  const auto has_user = [](const ClientToken& token) { return token.user != nullptr; };
  return Knows(rule) && rule.clients.size() == 1 &&
         std::ranges::none_of(rule.clients.front(), has_user);
}

void ClientIndex::Add(std::uint32_t rule, const std::vector<ClientToken>& tokens,
                      bool malformed_matches) {
  for (const ClientToken& token : tokens) {
    const HostPattern::Meaning& meaning = token.host.meaning;
    if (const auto* text = std::get_if<TextPattern>(&meaning)) {
      AddText(rule, token.host, *text);
    } else if (const auto* v4 = std::get_if<Ipv4Net>(&meaning)) {
      AddIpv4(rule, *v4);
    } else if (const auto* v6 = std::get_if<Ipv6Net>(&meaning)) {
      if (v6->doubtful() && !malformed_matches) continue;
      v6_entries_.push_back({Cut(KeyOf(v6->network), v6->length), v6->length, rule});
    }
  }
}

// Rules come in order, so what is there already stays.
void ClientIndex::AddText(std::uint32_t rule, const HostPattern& host, const TextPattern& text) {
  switch (text.kind) {
    case TextPattern::Kind::kAll:
      all_ = std::min(all_, rule);
      return;
    case TextPattern::Kind::kIpv6:
      if (text.bytes) v6_host_entries_.push_back({KeyOf(*text.bytes), 128, rule});
      return;
    case TextPattern::Kind::kSuffix:
      texts_.suffixes.emplace(text.folded, rule);
      break;
    case TextPattern::Kind::kPrefix:
      texts_.prefixes.emplace(text.folded, rule);
      break;
    case TextPattern::Kind::kExact:
      texts_.exact.emplace(text.folded, rule);
      break;
    case TextPattern::Kind::kGlob:   // not held
    case TextPattern::Kind::kKnown:  // a host pattern of its own
      break;
  }
  if (host.compares_name) first_by_name_ = std::min(first_by_name_, rule);
}

void ClientIndex::AddIpv4(std::uint32_t rule, const Ipv4Net& net) {
  if ((net.network & ~net.mask) != 0) return;  // never matches
  if (IsContiguous(net.mask)) {
    v4_entries_.push_back({KeyOf(net.network), std::countl_one(net.mask), rule});
    return;
  }
  scattered_.push_back({net.mask, net.network, rule});
}

void ClientIndex::Finish() {
  std::ranges::sort(scattered_);
  v4_ = FirstRules(std::exchange(v4_entries_, {}));
  v6_ = FirstRules(std::exchange(v6_entries_, {}));
  v6_hosts_ = FirstRules(std::exchange(v6_host_entries_, {}));
}

// Every suffix that begins with a dot and every prefix that ends in one is a token's text.
std::uint32_t ClientIndex::FindText(std::string_view text, bool is_name) const {
  const auto compares = [is_name](std::string_view token) {
    return !is_name || token.find_first_not_of(kNumeric) != std::string_view::npos;
  };
  std::uint32_t first = compares(text) ? hosts::Find(texts_.exact, text) : kUnmatched;
  if (texts_.suffixes.empty() && texts_.prefixes.empty()) return first;
  for (std::size_t dot = text.find('.'); dot != std::string_view::npos;
       dot = text.find('.', dot + 1)) {
    const std::string_view suffix = text.substr(dot), prefix = text.substr(0, dot + 1);
    if (dot > 0 && compares(suffix)) first = std::min(first, hosts::Find(texts_.suffixes, suffix));
    if (compares(prefix)) first = std::min(first, hosts::Find(texts_.prefixes, prefix));
  }
  return first;
}

std::uint32_t ClientIndex::FindAddress(const Subject& address) const {
  if (address.v6()) {
    const PrefixKey key = KeyOf(*address.v6());
    return std::min(hosts::Find(v6_, key), hosts::Find(v6_hosts_, key));
  }
  if (!address.v4()) return kUnmatched;
  std::uint32_t first = hosts::Find(v4_, KeyOf(*address.v4()));
  for (auto at = scattered_.begin(); at != scattered_.end();) {
    const ScatteredNet wanted{at->mask, *address.v4() & at->mask, 0};
    const auto found = std::lower_bound(at, scattered_.end(), wanted);
    const bool same = found != scattered_.end() && found->mask == wanted.mask;
    if (same && found->network == wanted.network) first = std::min(first, found->rule);
    at = std::upper_bound(found, scattered_.end(),
                          ScatteredNet{wanted.mask, kUnmatched, kUnmatched});
  }
  return first;
}

ClientIndex::Found ClientIndex::Find(const Matcher::End& client) const {
  Found found;
  found.matched =
      std::min({all_, FindText(client.address.text(), false), FindAddress(client.address)});
  if (!client.name) {
    found.by_name = first_by_name_;
    return found;
  }
  found.matched = std::min(found.matched, FindText(client.name->text(), true));
  if (client.name->v6()) {
    found.matched = std::min(found.matched, hosts::Find(v6_hosts_, KeyOf(*client.name->v6())));
  }
  return found;
}

}  // namespace postern::policy::hosts
