// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/launch_plan.h"

#include <algorithm>
#include <utility>

namespace postern::sandbox {

LaunchPlan::LaunchPlan(Parts parts) : parts_(std::move(parts)) {
  std::sort(parts_.groups.begin(), parts_.groups.end());
  parts_.groups.erase(std::unique(parts_.groups.begin(), parts_.groups.end()), parts_.groups.end());
  for (std::string& word : parts_.argv) argv_.push_back(word.data());
  argv_.push_back(nullptr);
  for (std::string& word : parts_.environment) environment_.push_back(word.data());
}

}  // namespace postern::sandbox
