// SPDX-License-Identifier: BSD-2-Clause
// What runs in a zygote's child between clone and execve: no privileged call, no libc.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "sandbox/launch_step.h"
#include "sandbox/profile.h"

namespace postern::sandbox {

// Everything the child needs. The zygote keeps it, and what it points to, until the child is gone
// from the shared memory.
struct InstanceTask {
  LaunchId id = 0;
  const char* path = nullptr;
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  std::uint32_t umask = 022;
  bool has_priority = false;
  std::int32_t priority = 0;
  std::span<const PlannedLimit> limits;
  int connection = -1;                     // becomes 0, 1 and 2
  int channel = -1;                        // to tell on
  int domain = -1;                         // the Landlock ruleset of one instance; -1: none
  std::atomic<std::uint32_t> released{0};  // 1: the zygote has closed its copy of the connection
};

int RunInstance(void* task);  // for clone(2); returns only when no program runs

}  // namespace postern::sandbox
