// SPDX-License-Identifier: BSD-2-Clause
// The mounts of the calling process, as far as control groups go (mountinfo, proc(5)).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox {

struct CgroupMount {
  std::string path;                      // where it is mounted
  std::string root;                      // which group of the hierarchy that is; "/" is all of it
  bool unified = false;                  // version 2
  std::vector<std::string> controllers;  // of version 1
};
std::vector<CgroupMount> ParseCgroupMounts(std::string_view mountinfo);

// Makes each of them read-only in this mount namespace: a writable one is a way to run programs as
// the host's root (CVE-2022-0492). `root` is the root directory.
sys::Status ProtectCgroupMounts(const sys::UniqueFd& root);

}  // namespace postern::sandbox
