// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/tcpd/wrapped_program.h"

namespace postern::wrapper {
namespace {

std::string_view LastComponent(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

WrappedProgram ProgramBehind(std::string_view started_as, std::string_view directory) {
  if (started_as.starts_with('/')) {
    return {std::string(started_as), std::string(LastComponent(started_as))};
  }
  return {std::string(directory) + "/" + std::string(started_as), std::string(started_as)};
}

bool IsWrapperItself(const WrappedProgram& program) {
  return LastComponent(program.path) == "tcpd";
}

}  // namespace postern::wrapper
