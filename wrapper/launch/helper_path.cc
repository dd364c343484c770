// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/launch/helper_path.h"

#include "sandbox/sys/files.h"

namespace postern::wrapper {

std::string HelperPath(const std::string& name) {
  const auto self = sandbox::sys::RealPath("/proc/self/exe");
  if (!self) return "/usr/libexec/postern/" + name;
  return HelperBeside(*self, name);
}

std::string HelperBeside(std::string_view program, const std::string& name) {
  const std::string_view directory = program.substr(0, program.rfind('/'));
  return std::string(directory.substr(0, directory.rfind('/'))) + "/libexec/postern/" + name;
}

}  // namespace postern::wrapper
