// SPDX-License-Identifier: BSD-2-Clause
// Where a service's records go, and what they say: part of service_spec.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace postern::policy {

enum class LogKind : std::uint8_t { kNone, kSyslog, kFile };

struct LogTarget {
  LogKind kind = LogKind::kNone;
  int syslog_facility = 0;  // LOG_DAEMON, … as in <syslog.h>, already shifted
  int syslog_level = 6;     // LOG_INFO
  std::string file;
  std::optional<std::uint64_t> soft_limit;  // bytes
  std::optional<std::uint64_t> hard_limit;  // bytes

  friend bool operator==(const LogTarget&, const LogTarget&) = default;
};

// log_on_success and log_on_failure as sets.
struct LogOnSuccess {
  bool pid = false, host = false, user_id = false, exit = false, duration = false, traffic = false;
  bool any() const { return pid || host || user_id || exit || duration || traffic; }
  friend bool operator==(const LogOnSuccess&, const LogOnSuccess&) = default;
};
struct LogOnFailure {
  bool host = false, user_id = false, attempt = false;
  bool any() const { return host || user_id || attempt; }
  friend bool operator==(const LogOnFailure&, const LogOnFailure&) = default;
};

}  // namespace postern::policy
