// SPDX-License-Identifier: BSD-2-Clause
// What daytime and time say. Pure but for the time zone, which tzset(3) has read before.
#pragma once

#include <ctime>
#include <string>

namespace postern::daemon {

// "23 NOV 2026 05:16:23 UTC\r\n", local time, as xinetd has it (RFC 867 leaves the form free).
std::string DaytimeText(std::time_t now);

// RFC 868: seconds since 1900-01-01, 32 bits, most significant byte first.
std::string TimeBytes(std::time_t now);

}  // namespace postern::daemon
