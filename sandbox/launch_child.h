// SPDX-License-Identifier: BSD-2-Clause
// The child's side of a launch: what runs between clone and execve.
#pragma once

#include <cstdint>

#include "sandbox/launch.h"

namespace postern::sandbox {

// What the child tells through the report pipe. Smaller than PIPE_BUF, so writes do not interleave.
struct LaunchReport {
  LaunchId id = 0;
  std::uint32_t step = 0;  // LaunchStep: the one that failed
  std::int32_t error = 0;
};

// All the child may read. Lives in the parent's memory, untouched until the child is gone from it.
struct ChildTask {
  LaunchId id = 0;
  const LaunchPlan* plan = nullptr;
  char* const* environment = nullptr;
  int slot = -1;                    // the descriptor to receive the connection from
  std::uint32_t* groups = nullptr;  // room for as many as are planned
};

// Runs on its own stack in the parent's memory; never returns to the caller's code.
int RunChild(void* task);

}  // namespace postern::sandbox
