// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/log/syslog_names.h"

namespace postern::daemon {

std::optional<int> SyslogFacility(std::string_view name) {
  struct Row {
    std::string_view name;
    int number;
  };
  static constexpr Row kRows[] = {
      {"kern", 0},    {"user", 1},      {"mail", 2},    {"daemon", 3},  {"auth", 4},
      {"syslog", 5},  {"lpr", 6},       {"news", 7},    {"uucp", 8},    {"cron", 9},
      {"ftp", 11},    {"authpriv", 10}, {"local0", 16}, {"local1", 17}, {"local2", 18},
      {"local3", 19}, {"local4", 20},   {"local5", 21}, {"local6", 22}, {"local7", 23},
  };
  for (const Row& row : kRows) {
    if (row.name == name) return row.number << 3;
  }
  return std::nullopt;
}

}  // namespace postern::daemon
