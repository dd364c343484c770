// SPDX-License-Identifier: BSD-2-Clause
// The mounts of the calling process, as far as control groups go (mountinfo, proc(5)).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern::sandbox {

struct CgroupMount {
  std::string path;                      // where it is mounted
  std::string root;                      // which group of the hierarchy that is; "/" is all of it
  bool unified = false;                  // version 2
  std::vector<std::string> controllers;  // of version 1
};
std::vector<CgroupMount> ParseCgroupMounts(std::string_view mountinfo);

}  // namespace postern::sandbox
