// SPDX-License-Identifier: BSD-2-Clause
// What hosts.allow and hosts.deny say about an arrival, as far as posternd may find out: it has
// names and users looked up for it, asks for no netgroup and runs no command of a rule.
//
// Source: hosts_access(5), hosts_options(5). Pure. What cannot be decided so is left to a program
// that runs as the service's user (postern-gate, tcpd), or refused where there is none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/hosts/hosts_policy.h"
#include "policy/hosts/request.h"

namespace postern::daemon {

struct HostsRuling {
  enum class Kind : std::uint8_t {
    kAllowed,
    kRefused,
    kNeedsFact,  // `needs` decides, and is not known
    kUndecided,  // a netgroup or a command decides, or an option has to act first
  };
  Kind kind = Kind::kRefused;
  policy::hosts::Needed needs = policy::hosts::Needed::kClientName;  // kNeedsFact
  bool acts = false;  // kRefused: options of the rule have something to do all the same
  std::string why;    // "/etc/hosts.deny:3 (rule)"; empty when no rule was found
  // Where the option `severity` of the rule sends the line about the client; <syslog.h>'s numbers.
  int priority = 0;
  // "/etc/hosts.allow:3: …", for each rule that might have let in and could not be asked.
  std::vector<std::string> passed_over = {};
};

// Facts that are "not asked" in `request` stay so.
HostsRuling RuleFor(const policy::hosts::HostsPolicy& policy,
                    const policy::hosts::Request& request);

// For a server that accepts its connections itself, so that nobody knows who will come: granted
// only where the files grant everybody, whatever else they say of somebody.
HostsRuling RuleForAnyone(const policy::hosts::HostsPolicy& policy,
                          const policy::hosts::Request& request);

}  // namespace postern::daemon
