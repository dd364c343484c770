// SPDX-License-Identifier: BSD-2-Clause
// Facilities and levels of RFC 3164 section 4.1.1 by their names in syslog.conf(5), so that the
// daemon's sources need no <syslog.h>.
#pragma once

#include <optional>
#include <string_view>

namespace postern::daemon {

inline constexpr int kFacilityDaemon = 3 << 3;

// "daemon", "auth", "local3", …: the number already shifted, as openlog(3) takes it.
std::optional<int> SyslogFacility(std::string_view name);

}  // namespace postern::daemon
