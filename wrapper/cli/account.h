// SPDX-License-Identifier: BSD-2-Clause
// How an answer came about: every check and every rule that was asked, in order.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/hosts/explain.h"
#include "wrapper/cli/decide.h"

namespace postern::cli {

// One check of a service's own, or one word of its lists.
struct ServiceStep {
  std::string check;  // "access_times", "only_from"
  std::string word;   // of the list; empty for the check as a whole
  std::string why;
  bool matched = false;
  const policy::SourceLocation* where = nullptr;
};

// The hosts files as one daemon name found them.
struct HostsStep {
  std::string daemon;
  policy::hosts::Request request;
  policy::hosts::Explanation explanation;
  std::vector<std::string> netgroups;  // asked about, and nobody is in them
};

// A compatibility with xinetd or tcpd that had a part in this answer: a switch of COMPATIBILITY.md,
// or hosts_access with the name of a row there.
struct Switch {
  std::string name, value, effect;
};

struct Account {
  Answer answer;
  const policy::ServiceSpec* service = nullptr;
  std::vector<ServiceStep> service_steps;
  std::vector<HostsStep> hosts_steps;  // as far as they were asked
  std::vector<Switch> switches;
};

std::expected<Account, std::string> Explain(const Decider& decider, const Question& question);

}  // namespace postern::cli
