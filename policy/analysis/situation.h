// SPDX-License-Identifier: BSD-2-Clause
// Who asks whom, as symbols: the daemons, servers, names, users and netgroups that two policies
// tell apart.
//
// All texts that the same patterns match are one symbol, so what holds for its sample holds for all
// of them.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "policy/analysis/region.h"
#include "policy/analysis/text_classes.h"
#include "policy/base/result.h"
#include "policy/hosts/hosts_policy.h"
#include "policy/service/service_spec.h"

namespace postern::policy::analysis {

// A set of texts, or the one text that every rule treats alike: nothing tells it from others.
struct Symbol {
  TextClass texts;
  bool any = false;

  std::string ToText() const;  // "carol", "any", "any other", "any like .lab.test"
};

// Who is asked. Ports and servers matter only where a rule names one.
struct Target {
  Symbol daemon;
  bool port_matters = false, server_matters = false;
  std::optional<std::uint16_t> port;  // nullopt: any that no rule names
  Symbol server_name;
  std::optional<IpAddress> server_address;  // nullopt: not known
};

// Who asks, but for the address.
struct ClientSymbol {
  Symbol name, user;
  std::vector<std::pair<std::string, bool>> groups;  // netgroup, and whether the client is in it
};

// The patterns of client lists by what they are compared with.
class ClientVocabulary {
 public:
  void Add(const hosts::Rule& rule);
  void Add(const ServiceSpec& spec);
  // The error names a rule.
  Result<std::vector<ClientSymbol>> Symbols(std::size_t limit) const;

 private:
  void AddHost(const hosts::HostPattern& pattern, const SourceLocation& where);
  // The last rule of the kind that multiplies most: globs, then netgroups, users, names.
  SourceLocation Multiplier() const;

  TextPatterns names_, users_;
  bool name_counts_ = false;
  std::set<std::string> groups_;
  const SourceLocation* glob_rule_ = nullptr;
  const SourceLocation* group_rule_ = nullptr;
  const SourceLocation* user_rule_ = nullptr;
  const SourceLocation* name_rule_ = nullptr;
};

Failure NoExactAnswer(const SourceLocation& where, const char* message);

// Every daemon, port and server that the daemon lists of both policies tell apart. An error when
// they are too many, or not to be told apart.
Result<std::vector<Target>> TargetsOf(Regions& regions, const hosts::HostsPolicy& before,
                                      const hosts::HostsPolicy& after, std::size_t limit);

}  // namespace postern::policy::analysis
