// SPDX-License-Identifier: BSD-2-Clause
// Bytes to a Table: lines, fields, lists, tokens. One of more than kMaxTableParts is kUnreadable.
// Source: hosts_access(5). Fuzz target: hosts_table.
#pragma once

#include <string>
#include <string_view>

#include "policy/hosts/table.h"

namespace postern::policy::hosts {

// What a table does that is kUnreadable, to be appended to a message.
const char* EffectOfUnreadable(Which which);

Table ParseTable(Which which, const std::string& path, std::string_view content,
                 const PatternFileLoader& pattern_files, const InterfaceView& interfaces = {});

}  // namespace postern::policy::hosts
