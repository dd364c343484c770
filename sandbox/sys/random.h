// SPDX-License-Identifier: BSD-2-Clause
// Numbers that nobody can guess.
#pragma once

#include <cstdint>

#include "sandbox/sys/error.h"

namespace postern::sandbox::sys {

// From the kernel's generator (getrandom(2)).
Result<std::uint64_t> RandomNumber();

}  // namespace postern::sandbox::sys
