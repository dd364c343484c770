// SPDX-License-Identifier: BSD-2-Clause
// The clients of many rules, so that the first rule with a token for one client is found by a few
// look-ups.
//
// Made of the hosts in front of the first EXCEPT, where those are addresses, networks and plain
// names (Knows()). If that is all there is in the list, a rule that is found matches (Decides());
// if there are users or an EXCEPT too, no rule in front of the one found can match. Texts are found
// by hash, networks in a prefix tree whose values are the first rule of everything that covers
// them.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/address/prefix_tree.h"
#include "policy/hosts/pattern_match.h"
#include "policy/hosts/table.h"

namespace postern::policy::hosts {

inline constexpr std::uint32_t kUnmatched = 0xffffffff;

// Keys are found by a view of them.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};
template <typename Value>
using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

class ClientIndex {
 public:
  static bool Knows(const Rule& rule);
  static bool Decides(const Rule& rule);

  // Rules by their number, lowest first. `malformed_matches`: see Ipv6Net.
  void Add(std::uint32_t rule, const std::vector<ClientToken>& tokens, bool malformed_matches);
  void Finish();  // before the first Find()

  struct Found {
    std::uint32_t matched = kUnmatched;  // the first rule that matches by what is known
    std::uint32_t by_name = kUnmatched;  // the first one that may match by a name that is not known
  };
  Found Find(const Matcher::End& client) const;

 private:
  struct Texts {
    TextMap<std::uint32_t> exact, suffixes, prefixes;
  };
  struct ScatteredNet {  // its mask has ones behind a zero
    std::uint32_t mask = 0, network = 0, rule = 0;
    friend auto operator<=>(const ScatteredNet&, const ScatteredNet&) = default;
  };

  void AddText(std::uint32_t rule, const HostPattern& host, const TextPattern& text);
  void AddIpv4(std::uint32_t rule, const Ipv4Net& net);
  std::uint32_t FindText(std::string_view text, bool is_name) const;
  std::uint32_t FindAddress(const Subject& address) const;

  Texts texts_;
  std::uint32_t all_ = kUnmatched;
  std::uint32_t first_by_name_ = kUnmatched;
  std::vector<PrefixTree::Entry> v4_entries_, v6_entries_, v6_host_entries_;  // until Finish()
  PrefixTree v4_, v6_;
  PrefixTree v6_hosts_;                  // "[2001:db8::1]" alone: what a name may be equal to
  std::vector<ScatteredNet> scattered_;  // sorted, so that those of one mask are one stretch
};

}  // namespace postern::policy::hosts
