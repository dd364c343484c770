// SPDX-License-Identifier: BSD-2-Clause
// The daemon names that rules can be asked under: those of the configured services, and those of
// programs that are known to ask libwrap themselves.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace postern::policy::check {

class DaemonNames {
 public:
  explicit DaemonNames(const std::vector<std::string>& services);

  bool Knows(std::string_view name) const;  // case does not count
  std::string DidYouMean(std::string_view name) const;

 private:
  std::set<std::string, std::less<>> names_;
  std::vector<std::string_view> candidates_;  // into names_
};

}  // namespace postern::policy::check
