// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/system_log.h"

#include <syslog.h>

namespace postern::sandbox::sys {

void WriteSystemLog(int priority, const std::string& text) {
  ::syslog(priority, "%s", text.c_str());
}

}  // namespace postern::sandbox::sys
