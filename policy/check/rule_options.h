// SPDX-License-Identifier: BSD-2-Clause
// Options of a rule that fail on this system, or that never act.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "policy/base/diagnostic.h"
#include "policy/hosts/table.h"
#include "policy/service/system_view.h"

namespace postern::policy::check {

// What the system says of a file is asked once for each, and of a bounded number of them.
class OptionFiles {
 public:
  static constexpr std::size_t kMaxFiles = 1000;

  explicit OptionFiles(const SystemView& system) : system_(system) {}

  // Empty: nothing is wrong with it, or there were too many to ask for it.
  std::string WhyNotExecutable(const std::string& program);
  std::string WhyNotListed(const std::string& directory);
  bool exhausted() const { return exhausted_; }
  const SystemView& view() const { return system_; }

 private:
  bool MayAsk();

  const SystemView& system_;
  std::map<std::string, std::string> programs_, directories_;
  bool exhausted_ = false;
};

Diagnostics FindOptions(const hosts::Rule& rule, hosts::Which which, OptionFiles& files);

}  // namespace postern::policy::check
