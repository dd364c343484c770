// SPDX-License-Identifier: BSD-2-Clause
// The file that holds the daemon's process id (-pidfile).
#pragma once

#include <string>

#include "sandbox/sys/error.h"

namespace postern::daemon {

// Replaces what is there with "PID\n", mode 0644, and never writes through a link.
sandbox::sys::Status WritePidFile(const std::string& path);

}  // namespace postern::daemon
