// SPDX-License-Identifier: BSD-2-Clause
// Access files and a request made of a string of bytes, for random tests and fuzzing, and the
// property that holds for each of them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "policy/hosts/evaluate.h"
#include "policy/hosts/hosts_policy.h"

namespace postern::testlib {

// Path to content; what is not in it does not exist. The tables are "allow" and "deny".
using HostsFiles = std::map<std::string, std::string>;

std::shared_ptr<const policy::hosts::HostsPolicy> CompileHosts(const HostsFiles& files);

struct HostsScenario {
  HostsFiles files;
  policy::hosts::Request request;  // every fact is in it
};

// The same bytes give the same scenario; when they run out, zeros follow.
HostsScenario MakeHostsScenario(std::span<const std::uint8_t> bytes);

// How Evaluate() and Explain() differ about it: with every fact given, and with each given when it
// is asked for, where Evaluate() may not ask for more than Explain(). Empty: not at all.
std::string IndexComplaint(const HostsScenario& scenario);

}  // namespace postern::testlib
