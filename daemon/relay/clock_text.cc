// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/relay/clock_text.h"

#include <array>
#include <cstdint>
#include <cstdio>

namespace postern::daemon {

std::string DaytimeText(std::time_t now) {
  static constexpr const char* kMonths[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                            "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
  // localtime_r(3) does not look at the zone file again, which the confined relay could not open.
  std::tm local{};
  if (localtime_r(&now, &local) == nullptr) return {};
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%02d %s %d %02d:%02d:%02d %.16s\r\n",
                                   local.tm_mday, kMonths[local.tm_mon], local.tm_year + 1900,
                                   local.tm_hour, local.tm_min, local.tm_sec, local.tm_zone);
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string TimeBytes(std::time_t now) {
  // "the time 2,208,988,800 corresponds to 00:00 1 Jan 1970 GMT"; it wraps in 2036.
  const auto seconds = static_cast<std::uint32_t>(static_cast<std::uint64_t>(now) + 2'208'988'800U);
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(static_cast<unsigned char>(seconds >> shift)));
  }
  return bytes;
}

}  // namespace postern::daemon
