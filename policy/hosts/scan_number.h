// SPDX-License-Identifier: BSD-2-Clause
// Numbers as scanf(3) and atoi(3) read them: what patterns, ports and option values are judged by.
//
// A number too large for an int is not refused but wraps, as it does in tcp_wrappers; the verdict
// hangs on it, so it is reproduced. Blanks and one sign may stand in front of the digits.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace postern::policy::hosts {

// "%d", "%u" and "%o" with nothing behind the number.
std::optional<int> ScanInt(std::string_view text);
std::optional<std::uint32_t> ScanUnsigned(std::string_view text);  // a minus sign negates
std::optional<std::uint32_t> ScanOctal(std::string_view text);     // and here

// atoi(3): the digits there are, whatever is behind them; 0 without any.
int LeadingInt(std::string_view text);

}  // namespace postern::policy::hosts
