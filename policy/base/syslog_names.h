// SPDX-License-Identifier: BSD-2-Clause
// The names of syslog's facilities and levels, for both languages that use them.
//
// The numbers are those of <syslog.h>, RFC 5424 6.2.1; facilities are shifted as openlog(3) takes
// them. Not every language knows every facility.
#pragma once

#include <array>
#include <string_view>

namespace postern::policy {

struct SyslogFacilityName {
  std::string_view name;
  int number;
  bool in_hosts_options = true;  // `severity` of hosts_options(5)
  bool in_xinetd_conf = true;    // `log_type` of xinetd.conf(5)
};
struct SyslogLevelName {
  std::string_view name;
  int number;
};

inline constexpr int kFacilityDaemon = 3 << 3;

inline constexpr std::array<SyslogFacilityName, 20> kSyslogFacilities{
    {{"daemon", kFacilityDaemon},
     {"auth", 4 << 3},
     {"authpriv", 10 << 3, false, true},
     {"user", 1 << 3},
     {"mail", 2 << 3},
     {"lpr", 6 << 3},
     {"news", 7 << 3},
     {"uucp", 8 << 3},
     {"cron", 9 << 3},
     {"ftp", 11 << 3, false, true},
     {"syslog", 5 << 3, false, true},
     {"kern", 0, true, false},
     {"local0", 16 << 3},
     {"local1", 17 << 3},
     {"local2", 18 << 3},
     {"local3", 19 << 3},
     {"local4", 20 << 3},
     {"local5", 21 << 3},
     {"local6", 22 << 3},
     {"local7", 23 << 3}}};

inline constexpr std::array<SyslogLevelName, 8> kSyslogLevels{{{"emerg", 0},
                                                               {"alert", 1},
                                                               {"crit", 2},
                                                               {"err", 3},
                                                               {"warning", 4},
                                                               {"notice", 5},
                                                               {"info", 6},
                                                               {"debug", 7}}};

}  // namespace postern::policy
