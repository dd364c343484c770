// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/pid_file.h"

#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

sys::Status WritePidFile(const std::string& path) {
  sys::IgnoreError(sys::Remove(path), "there need not be an old one");
  TRY(const sys::UniqueFd file, sys::CreateNewFile(path, 0644));
  return sys::WriteAll(file, std::to_string(sys::OwnPid()) + "\n");
}

}  // namespace postern::daemon
