// SPDX-License-Identifier: BSD-2-Clause
// The characters of chargen (RFC 864), as xinetd has them: lines of 72 from the 93 characters "!"
// to
// "}", each line starting one character later, so that the whole repeats after 93 lines.
#pragma once

#include <string_view>

namespace postern::daemon {

inline constexpr int kChargenAlphabet = 93;
inline constexpr int kChargenLine = 72;

std::string_view ChargenCycle();

}  // namespace postern::daemon
