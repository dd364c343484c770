// SPDX-License-Identifier: BSD-2-Clause
// Where the helper programs are: beside whoever starts them, DIRECTORY/../libexec/postern/.
#pragma once

#include <string>
#include <string_view>

namespace postern::wrapper {

// The helper of the running program.
std::string HelperPath(const std::string& name);
// The one that the program with this path starts.
std::string HelperBeside(std::string_view program, const std::string& name);

}  // namespace postern::wrapper
