// SPDX-License-Identifier: BSD-2-Clause
// A rule of an access file as shadowing sees it: for whom it surely decides, and whom it speaks of
// at most.
//
// Everything here errs on one side: a rule holds no more than it surely decides for, and is
// taken to speak of no less than it may match. So a rule all of which is held by rules in front of
// it never decides. Texts are compared in lower case, as hosts_access(5) does.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policy/analysis/region.h"
#include "policy/base/work_budget.h"
#include "policy/hosts/rule_match.h"
#include "policy/hosts/table.h"

namespace postern::policy::check {

struct DaemonShape {
  bool all = false;    // ALL, at every server
  std::string name;    // without @server; "ssh*", "#22" for a port
  std::string key;     // the token as a whole; the name when there is no server
  bool exact = false;  // the name is a name, not a pattern for names
  const hosts::TextPattern* glob = nullptr;  // the pattern; null at one server alone
};

struct ClientShape {
  bool never = false;  // matches nobody
  bool all = false;    // ALL, whoever the user is
  bool sure = false;   // may hold others; false for what depends on more than it says
  // By address alone, the user left aside; the addresses it surely holds otherwise.
  bool only_addresses = false;
  analysis::AddressSet addresses;
  std::string key;     // the token
  std::string host;    // the token without its user; the key when it has none
  std::string domain;  // ".example.org": holds every name below it
};

struct RuleShape {
  // Of the first segments; a list with an EXCEPT also as a whole, in lower case.
  std::vector<DaemonShape> daemons;
  std::string daemon_list;
  std::vector<ClientShape> clients;
  std::string client_list;
  // EXCEPT among addresses: exactly these.
  std::optional<analysis::AddressSet> exact;
  bool decides = false;  // whenever it matches; not when a command may undo that
  hosts::Effect effect = hosts::Effect::kRefuses;
};

class RuleShaper {
 public:
  explicit RuleShaper(std::size_t work);

  // Not to be used when the budget is exhausted() behind it: it may then hold too much.
  RuleShape ShapeOf(const hosts::Rule& rule, hosts::Which which);
  // Whether it decides for everybody who reaches it. Takes nothing from the budget.
  bool HoldsEverything(const hosts::Rule& rule);

  // What is not left when the diagrams have grown too large, either.
  bool exhausted() const { return regions_.diagrams().exhausted() || work_.exhausted(); }
  WorkBudget& work() { return work_; }

 private:
  std::optional<analysis::AddressSet> ExactAddresses(const hosts::List<hosts::ClientToken>& list);
  bool MayFail(const hosts::Rule& rule);
  bool IsDoubtful(const hosts::HostPattern& host);
  bool IsDoubtful(const hosts::PatternFile& file);

  WorkBudget work_;
  analysis::Regions regions_;
  std::map<const hosts::PatternFile*, bool> doubtful_;  // those that were asked
};

}  // namespace postern::policy::check
