// SPDX-License-Identifier: BSD-2-Clause
// All files of one xinetd configuration: the main file and what it includes, in reading order.
//
// Includes are followed at the point where they stand, as xinetd does. Depth, size and number of
// files are bounded, and a file that includes itself is an error instead of a loop.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "policy/base/file_limits.h"
#include "policy/service/conf_document.h"
#include "policy/service/system_view.h"

namespace postern::policy {

inline constexpr std::size_t kMaxConfFileBytes = std::size_t{8} << 20U;
inline constexpr std::size_t kMaxConfTotalBytes = kMaxPolicyBytes;
inline constexpr std::size_t kMaxConfFiles = 20000;
inline constexpr int kMaxIncludeDepth = 16;

struct ConfSources {
  std::deque<ConfFile> files;        // owns the blocks; addresses stay valid
  std::vector<const Block*> blocks;  // of all files, in reading order
  Diagnostics diagnostics;           // those that belong to no block
  // False when a `defaults` section may have been lost with what could not be read.
  bool usable = true;
};

ConfSources ReadConfSources(const std::string& main_path, const SystemView& system);

}  // namespace postern::policy
