// SPDX-License-Identifier: BSD-2-Clause
// syslog(3), for code inside a program that may have opened the log under its own name.
#pragma once

#include <string>

namespace postern::sandbox::sys {

// As NAME[pid], facility daemon, for a program that is all our own.
void OpenSystemLog(const std::string& name);

void WriteSystemLog(int priority, const std::string& text);

}  // namespace postern::sandbox::sys
