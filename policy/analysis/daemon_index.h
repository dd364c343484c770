// SPDX-License-Identifier: BSD-2-Clause
// Which rules may speak of a daemon, without asking those that name others.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/hosts/table.h"

namespace postern::policy::analysis {

class DaemonIndex {
 public:
  // Numbers must ascend.
  void Add(const hosts::Rule& rule, std::uint32_t number);
  // Ascending. A rule that is not among them does not match whatever the request is.
  std::vector<std::uint32_t> MaySpeakTo(std::string_view daemon) const;

 private:
  std::unordered_map<std::string, std::vector<std::uint32_t>> named_;  // nothing but plain names
  std::vector<std::uint32_t> others_;
};

}  // namespace postern::policy::analysis
