// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/log/timestamp.h"

#include <cstdio>

namespace postern::daemon {
namespace {

std::tm LocalTime(std::time_t now) {
  std::tm local{};
  ::localtime_r(&now, &local);  // on failure (a year beyond int) all fields stay 0
  return local;
}

}  // namespace

std::string_view XinetdStamp::At(std::time_t now) {
  if (now != cached_) {
    const std::tm local = LocalTime(now);
    char text[64];
    std::snprintf(text, sizeof text, "%02d/%d/%d@%02d:%02d:%02d", local.tm_year % 100,
                  local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec);
    text_ = text;
    cached_ = now;
  }
  return text_;
}

std::string_view SyslogStamp::At(std::time_t now) {
  if (now != cached_) {
    constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::tm local = LocalTime(now);
    char text[64];
    std::snprintf(text, sizeof text, "%s %2d %02d:%02d:%02d", kMonths[local.tm_mon], local.tm_mday,
                  local.tm_hour, local.tm_min, local.tm_sec);
    text_ = text;
    cached_ = now;
  }
  return text_;
}

}  // namespace postern::daemon
