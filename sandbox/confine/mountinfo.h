// SPDX-License-Identifier: BSD-2-Clause
// The mounts of the calling process, as /proc/self/mountinfo tells them (proc_pid_mountinfo(5)).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::sandbox {

struct Mount {
  std::string path;          // where it is mounted
  std::string root;          // which part of its file system that is; "/" is all of it
  std::string type;          // "proc"
  std::string options;       // the file system's own: "rw,memory"
  std::uint64_t device = 0;  // st_dev of the files in it
};

inline constexpr std::size_t kMostMountinfo = std::size_t{16} << 20;

// In the order in which they were mounted. A line that is no such line is left out.
std::vector<Mount> ParseMountinfo(std::string_view mountinfo);

std::vector<std::string_view> SplitText(std::string_view text, char separator);

}  // namespace postern::sandbox
