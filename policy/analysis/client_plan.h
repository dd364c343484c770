// SPDX-License-Identifier: BSD-2-Clause
// The client list of a rule, prepared for being asked which addresses it matches, as often as
// there are names and users to tell apart.
//
// Every token splits into the addresses it matches by themselves, a pattern for the name, and a
// pattern for the user; what hosts/rule_match.h says of doubtful tokens holds here too.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/analysis/region.h"
#include "policy/hosts/pattern_match.h"
#include "policy/hosts/table.h"

namespace postern::policy::analysis {

// One name and one user.
struct Client {
  Client(std::string_view its_name, std::string_view its_user) : name(its_name), user(its_user) {}
  hosts::Subject name, user;
  std::map<std::string, bool> groups;  // the netgroups it is in; a group that is not here: no
  bool nobody = false;                 // no pattern matches the name, no group has it

  bool verified() const { return name.known() && name.text() != hosts::kParanoid; }
};

struct HostPlan {
  enum class Kind : std::uint8_t { kPatterns, kLocal, kKnown, kNetgroup, kFile, kUnusable };
  Kind kind = Kind::kPatterns;
  Region addresses;                          // kPatterns: whatever the name is
  const hosts::TextPattern* name = nullptr;  // kPatterns: every address, when it matches the name
  std::string group;
  std::shared_ptr<const std::vector<HostPlan>> file;
};

struct TokenPlan {
  HostPlan host;
  const hosts::TextPattern* user = nullptr;
};

// The addresses that match, and those at which a pattern file is consulted that cannot be used.
struct Matched {
  Region yes, unusable;
};

class ClientPlan {
 public:
  Matched Match(Regions& regions, const Client& client) const;

  bool constant() const { return constant_; }   // neither name nor user count
  std::size_t steps() const { return steps_; }  // of BitDiagrams::Spend(), that Match() takes
  bool unusable() const { return unusable_; }   // it names a file that cannot be used
  // Names() there are, and a name that one of them matches is matched from every address.
  bool simple() const;
  // The patterns for names, if nothing else about the client counts.
  std::optional<std::vector<const hosts::TextPattern*>> Names() const;
  // All that Match() depends on besides the addresses, as a text. The number of tokens looked at.
  std::size_t AppendMatches(const Client& client, std::string& key) const;

 private:
  friend class ClientPlanner;
  Region Segment(Regions& regions, const std::vector<TokenPlan>& tokens,
                 const Client& client) const;
  Matched Careful(Regions& regions, std::size_t depth, const Region& domain,
                  const Client& client) const;

  hosts::List<TokenPlan> segments_;
  std::size_t steps_ = 1;
  bool unusable_ = false;
  bool constant_ = false;  // `answer_` is what Match() says
  Matched answer_;
};

// Makes plans, each pattern file once. The patterns must outlive the plans.
class ClientPlanner {
 public:
  explicit ClientPlanner(Regions& regions) : regions_(regions) {}
  ClientPlan Plan(const hosts::Rule& rule, hosts::Which which);

 private:
  HostPlan PlanHost(const hosts::HostPattern& pattern, bool malformed_matches);
  HostPlan PlanFile(const std::shared_ptr<const hosts::PatternFile>& file, bool malformed_matches);

  Regions& regions_;
  std::map<std::pair<const hosts::PatternFile*, bool>, HostPlan> files_;
};

}  // namespace postern::policy::analysis
