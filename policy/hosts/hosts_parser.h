// SPDX-License-Identifier: BSD-2-Clause
// Bytes to a Table: lines, fields, lists, tokens. Source: hosts_access(5). Fuzz target:
// hosts_table.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "policy/hosts/table.h"

namespace postern::policy::hosts {

// The compiled form of a /file pattern; asked once per distinct path by the caller's own cache.
using PatternFileLoader =
    std::function<std::shared_ptr<const PatternFile>(const std::string& path)>;

Table ParseTable(Which which, const std::string& path, std::string_view content,
                 const PatternFileLoader& pattern_files);

// The tokens of a list as they are written, one rule of hosts_access(5) for both sides. A token of
// a pattern file is a host pattern too.
HostPattern ParseHostPattern(std::string_view token, const PatternFileLoader& pattern_files);

}  // namespace postern::policy::hosts
