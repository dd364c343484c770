// SPDX-License-Identifier: BSD-2-Clause
// Numbers as scanf(3) reads them into an int: what option values are judged by.
//
// A number too large for an int is not refused but wraps, as it does in tcp_wrappers; the verdict
// hangs on it, so it is reproduced.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace postern::policy::hosts {

// An optional sign and decimal digits, and nothing else ("%d").
std::optional<int> ScanInt(std::string_view text);

// An optional sign and octal digits, and nothing else ("%o").
std::optional<std::uint32_t> ScanOctal(std::string_view text);

}  // namespace postern::policy::hosts
