// SPDX-License-Identifier: BSD-2-Clause
// The combined answer of a service's own rules and of hosts.allow and hosts.deny.
//
// In xinetd's order, behind the proxy where there is one: access_times, sensor, only_from and
// no_access, then the hosts files under each name the service is known by there. What depends on
// other connections (cps, instances, per_source, load, a sensor's list) is not simulated. Nothing
// is looked up and no command is run: an aclexec counts as successful, and nobody is in a netgroup.
#pragma once

#include <expected>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "policy/hosts/evaluate.h"
#include "wrapper/cli/question.h"
#include "wrapper/config/policy_files.h"

namespace postern::cli {

struct Answer {
  bool allowed = false;
  std::string reason;
  const policy::SourceLocation* rule = nullptr;  // what decided; owned by the policy
};

class Decider {
 public:
  // Both must outlive this. `accounts` tells whether the names of `user` and `group` options exist:
  // where they do not, hosts_options(5) refuses the client.
  Decider(const wrapper::PolicyFiles& files, const policy::SystemView& accounts);

  // nullptr: there is none of this id.
  const policy::ServiceSpec* FindService(const std::string& id) const;

  // The error: the question names no service there is, or neither daemon nor service is asked for.
  std::expected<Answer, std::string> Decide(const Question& question) const;

  // What refuses every address alike: a proxy that is not listed, access_times, being a sensor.
  // Where no proxy is given, the client is taken to come by one that is listed.
  std::optional<Answer> RefuseEveryone(const policy::ServiceSpec& spec,
                                       const Question& question) const;
  // The service's own rules alone; nullopt: they let the client pass.
  std::optional<Answer> DecideService(const policy::ServiceSpec& spec,
                                      const Question& question) const;
  // tls_only_from and tls_no_access, which are asked last; nullopt: they let the client pass.
  std::optional<Answer> DecideTls(const policy::ServiceSpec& spec, const Question& question) const;
  Answer DecideHosts(const policy::hosts::Request& request) const;

  // The daemon names under which the hosts files are asked.
  std::vector<std::string> DaemonsFor(const policy::ServiceSpec& spec,
                                      const Question& question) const;
  const policy::hosts::HostsPolicy& hosts() const { return *files_.hosts; }
  bool IsHeld(const std::string& id) const;  // an error keeps it down
  // Why there is no such service: an error in the files, or nothing of that name.
  std::string WhyNoService(const std::string& id) const;
  // An unknown name in a `user` or `group` option of a rule that matched, or empty.
  std::string UnknownAccount(const policy::hosts::Rule* rule) const;
  // The same for the rule at this place; it may be null.
  bool NamesUnknownAccount(const policy::SourceLocation* rule) const;

 private:
  const wrapper::PolicyFiles& files_;
  const policy::SystemView& accounts_;
  std::map<std::string, const policy::ServiceSpec*, std::less<>> services_;
  std::set<const policy::SourceLocation*> unknown_accounts_;  // rules
};

// `spec` may be null: then only what the question says is known of the server.
policy::hosts::Request MakeRequest(const Question& question, const std::string& daemon,
                                   const policy::ServiceSpec* spec);

// The name as only_from and no_access may use it: empty when it is not known or not confirmed.
std::string_view ConfirmedName(const Question& question);

}  // namespace postern::cli
