// SPDX-License-Identifier: BSD-2-Clause
// The two policies that `postern diff` compares, from what its command line names.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "policy/analysis/policy_diff.h"
#include "wrapper/cli/arguments.h"
#include "wrapper/cli/policy_options.h"
#include "wrapper/config/policy_files.h"

namespace postern::cli {

class DiffSides {
 public:
  void Declare(Arguments& arguments);

  // Owns what the sides point into.
  struct Loaded {
    wrapper::PolicyFiles before_files, after_files;
    policy::analysis::PolicySide before, after;
  };
  // `common`: files that both sides have. The error is ready to be printed.
  std::expected<Loaded, std::string> Load(const PolicyOptions& common) const;

 private:
  std::string before_, after_;
};

// A directory, or one file that is told by its name: what it holds, and nothing of the system's.
// `common` fills in what is not there.
std::expected<wrapper::PolicyPaths, std::string> SidePaths(const std::string& operand,
                                                           const PolicyOptions& common);

}  // namespace postern::cli
