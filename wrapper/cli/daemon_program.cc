// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/cli/daemon_program.h"

#include "sandbox/sys/files.h"

namespace postern::cli {

std::string WhereDaemonIs() {
  std::string path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  const auto self = sandbox::sys::RealPath("/proc/self/exe");
  if (!self) return path;
  const std::string own = self->substr(0, self->rfind('/'));
  return own + ":" + own.substr(0, own.rfind('/')) + "/sbin:" + path;
}

}  // namespace postern::cli
