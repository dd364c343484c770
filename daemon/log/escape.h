// SPDX-License-Identifier: BSD-2-Clause
// Makes text from outside safe to be one line of a log.
//
// Control characters (C0, DEL, C1), bytes that are not UTF-8, line and direction marks that could
// forge or reorder a line on a terminal, and the backslash become \xHH, byte by byte, so the
// original can be told back. Everything else stays as it is. Applied once, where a record is
// formatted.
#pragma once

#include <string>
#include <string_view>

namespace postern::daemon {

void AppendEscaped(std::string& out, std::string_view text);
std::string EscapeForLog(std::string_view text);

}  // namespace postern::daemon
