// SPDX-License-Identifier: BSD-2-Clause
// What is the same for each instance of a program that Launcher starts.
//
// Who calls: the privileged process, when it reads its configuration.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/profile.h"

namespace postern::sandbox {

// Where a program finds its status pipe. An exit status cannot tell who ended: the program that was
// started, or the one that it became.
inline constexpr int kStatusDescriptor = 4;

// What is the same for each instance of a program. Immutable once handed to Launcher; the vectors
// of pointers point into the strings beside them.
class LaunchPlan {
 public:
  struct Parts {
    std::string path;
    std::vector<std::string> argv;
    std::vector<std::string> environment;
    bool change_user = true;  // false only for an unprivileged daemon that starts its own user
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::vector<std::uint32_t> groups;  // a set: kept sorted, each once
    std::uint32_t umask = 022;
    std::optional<int> priority;  // absolute, -20..19
    std::vector<PlannedLimit> limits;
    bool status_pipe = false;  // beside 0, 1 and 2 the program gets kStatusDescriptor
  };
  explicit LaunchPlan(Parts parts);
  LaunchPlan(const LaunchPlan&) = delete;
  LaunchPlan& operator=(const LaunchPlan&) = delete;

  const Parts& parts() const { return parts_; }
  char* const* argv() const { return argv_.data(); }
  const std::vector<char*>& environment() const { return environment_; }

 private:
  Parts parts_;
  std::vector<char*> argv_;         // ends with a null pointer
  std::vector<char*> environment_;  // does not
};

}  // namespace postern::sandbox
