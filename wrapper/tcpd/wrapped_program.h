// SPDX-License-Identifier: BSD-2-Clause
// Which program a tcpd stands for, from the name it was started by.
#pragma once

#include <string>
#include <string_view>

namespace postern::wrapper {

struct WrappedProgram {
  std::string path;  // to execute
  std::string name;  // its argv[0], what the access rules and the log call it
};

// A full path is the program itself, and its last component the name. Anything else is a name, with
// slashes or without, of a program in `directory`.
WrappedProgram ProgramBehind(std::string_view started_as, std::string_view directory);

// A tcpd that stands for a tcpd would execute itself for ever.
bool IsWrapperItself(const WrappedProgram& program);

}  // namespace postern::wrapper
