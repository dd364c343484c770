// SPDX-License-Identifier: BSD-2-Clause
// Where a tool finds the posternd that it starts.
#pragma once

#include <string>

namespace postern::cli {

// For execvp(3): posternd is installed beside us, or in the sbin beside our bin. The rest is what
// root has.
std::string WhereDaemonIs();

}  // namespace postern::cli
