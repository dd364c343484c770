// SPDX-License-Identifier: BSD-2-Clause
// What the kernel says of a process in /proc/PID/status (proc(5)). The file is opened while it can
// be and read when everything is in force: reading it takes no right and one system call.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sandbox/confine/capabilities.h"
#include "sandbox/sys/error.h"

namespace postern::sandbox {

struct ProcessStatus {
  std::vector<std::uint32_t> uids, gids;  // real, effective, saved, file system
  std::vector<std::uint32_t> groups;      // sorted
  CapabilitySets capabilities;
  bool no_new_privileges = false;
  unsigned seccomp_mode = 0;
  unsigned seccomp_filters = 0;
  unsigned threads = 0;
  // Of processes outside of a zygote's making; a kernel without the line tells nothing.
  std::optional<std::uint32_t> umask;
  bool open_to_speculation = false;  // a process could have it held back, and this one has not
};

// ENODATA naming the line when one is missing or is not what it should be.
sys::Result<ProcessStatus> ParseProcessStatus(std::string_view text);

}  // namespace postern::sandbox
