// SPDX-License-Identifier: BSD-2-Clause
// The time stamps of log lines, in local time. Each second is broken down once, not once a line.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

namespace postern::daemon {

// "26/11/23@05:09:20", as xinetd writes it: month with two digits only when it has two, the day
// too.
class XinetdStamp {
 public:
  std::string_view At(std::time_t now);  // valid until the next call

 private:
  std::time_t cached_ = -1;
  std::string text_;
};

// "Nov  3 05:09:20", RFC 3164 section 4.1.2.
class SyslogStamp {
 public:
  std::string_view At(std::time_t now);  // valid until the next call

 private:
  std::time_t cached_ = -1;
  std::string text_;
};

}  // namespace postern::daemon
