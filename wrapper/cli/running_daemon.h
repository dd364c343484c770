// SPDX-License-Identifier: BSD-2-Clause
// The posternd that runs, and its zygotes, for a tool that looks at them: found in /proc.
//
// It must be root's: what another user runs under the same name says nothing of this machine. Only
// its own children that run the zygote program installed beside it count as zygotes.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/sys/process.h"

namespace postern::cli {

struct RunningDaemon {
  std::optional<pid_t> pid;  // nullopt: none runs
  struct Zygote {
    pid_t pid = 0;
    std::vector<pid_t> instances;  // what it has started; not whatever these have
  };
  std::map<std::string, std::vector<Zygote>, std::less<>> zygotes;  // by the service's id
};

// With `pid_file` the daemon whose number that file holds, and an error if it does not run.
// Without, the only one there is in this pid namespace; an error if there are several.
std::expected<RunningDaemon, std::string> FindRunningDaemon(
    const std::optional<std::string>& pid_file);

}  // namespace postern::cli
