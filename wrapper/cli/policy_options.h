// SPDX-License-Identifier: BSD-2-Clause
// The options of every verb that asks a policy: which files, and in which form to answer.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "wrapper/cli/arguments.h"
#include "wrapper/config/policy_files.h"

namespace postern::cli {

struct PolicyOptions {
  bool json = false;
  std::optional<std::string> hosts_allow, hosts_deny, config, inetd;

  void Declare(Arguments& arguments);
  wrapper::PolicyPaths Paths() const;
  // For a question about a daemon, which no service file can answer: those that were not named are
  // left alone.
  wrapper::PolicyPaths PathsWithoutServices() const;
};

// The error names each file that cannot be used, one a line.
std::expected<wrapper::PolicyFiles, std::string> LoadPolicy(
    const wrapper::PolicyPaths& paths, wrapper::Purpose purpose = wrapper::Purpose::kDecisions);

}  // namespace postern::cli
