// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/system_log.h"

#include <syslog.h>

namespace postern::sandbox::sys {

void OpenSystemLog(const std::string& name) {
  // openlog(3) keeps the pointer.
  static std::string kept;
  kept = name;
  ::openlog(kept.c_str(), LOG_PID, LOG_DAEMON);
}

void WriteSystemLog(int priority, const std::string& text) {
  ::syslog(priority, "%s", text.c_str());
}

}  // namespace postern::sandbox::sys
