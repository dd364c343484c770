// SPDX-License-Identifier: BSD-2-Clause
// Patterns of hosts.allow and hosts.deny against one value or one host, token by token.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/oracle/naive_hosts_access.h"

namespace postern::oracle {

enum class Match : std::uint8_t {
  kNo,
  kYes,
  kBroken,  // a pattern file was needed that cannot be used, or with tcp_wrappers: that kills it
};

struct NaiveHost {
  std::string name, address;  // "unknown" if so
};

struct PatternContext {
  const HostsWorld& world;
  RuleBook book;
  // Whether "[net]/junk" stands for every IPv6 address (tcp_wrappers: always) or for none.
  bool malformed_length_matches;
  std::vector<std::string> open_files;  // pattern files being read, outermost first
};

bool EqualFolded(std::string_view left, std::string_view right);
bool NaiveStringMatch(std::string_view token, std::string_view text);
Match NaiveHostMatch(const std::string& token, const NaiveHost& host, PatternContext& context);

// Where `wanted` stands first outside brackets, counting from `start`. Depth is not clamped.
std::size_t FindOutsideBrackets(std::string_view text, char wanted, std::size_t start = 0);

}  // namespace postern::oracle
