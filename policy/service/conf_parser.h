// SPDX-License-Identifier: BSD-2-Clause
// One xinetd.conf file into its document. Pure: includes are recorded, not followed.
//
// One mistake costs as little as is safe: a junk line at top level loses only itself, a malformed
// line damages only the block it stands in, and a block without its '}' ends where the next
// `service`, `defaults`, `include` or `includedir` begins. Any bytes are acceptable input.
// Fuzz target: fuzz/xinetd_conf_fuzz.cc (parse, print, parse is identity).
#pragma once

#include <string>
#include <string_view>

#include "policy/service/conf_document.h"

namespace postern::policy {

// After this many findings in one file the rest of it is not read.
inline constexpr std::size_t kMaxFindingsPerFile = 200;

struct ParsedConf {
  ConfFile file;
  Diagnostics diagnostics;  // those that belong to no block
  // Something that may have been a `defaults` block, or a part of one, could not be read. Services
  // might lack a control that was written for them.
  bool defaults_lost = false;
};

ParsedConf ParseConf(const std::string& path, std::string_view content);

}  // namespace postern::policy
