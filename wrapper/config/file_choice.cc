// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/config/file_choice.h"

namespace postern::wrapper {

policy::LoadOptions FilesToLoad(const FileChoice& choice) {
  policy::LoadOptions load;
  load.real_daemon_directory = POSTERN_REAL_DAEMON_DIR;
  if (!choice.xinetd.empty() || choice.inetd.empty()) {
    load.xinetd_path = choice.xinetd.empty() ? kXinetdFile : choice.xinetd;
  }
  if (!choice.inetd.empty() || choice.inetd_too) {
    load.inetd_path = choice.inetd.empty() ? kInetdFile : choice.inetd;
  }
  return load;
}

}  // namespace postern::wrapper
