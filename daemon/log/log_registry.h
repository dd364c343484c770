// SPDX-License-Identifier: BSD-2-Clause
// Every service log that is open. Services with the same log_type share one.
//
// A log lives as long as somebody holds it: after a reload the services that stay find theirs open,
// and one that nobody uses any more is flushed and closed. The registry must outlive its logs.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "daemon/log/program_log.h"
#include "daemon/log/sink.h"
#include "daemon/log/syslog_socket.h"
#include "policy/service/service_spec.h"

namespace postern::daemon {

class LogRegistry {
 public:
  explicit LogRegistry(ProgramLog& program_log, std::string ident = "posternd",
                       std::string syslog_path = SyslogSocket::kDefaultPath);

  // The log of a service. `common` is the log_type of defaults, which messages call "common log".
  // Never fails: a file that cannot be opened is a warning, and tried again at Reopen().
  std::shared_ptr<ServiceLog> Acquire(const policy::ServiceSpec& service,
                                      const policy::LogTarget& common);

  void Flush();   // at the end of each turn; costs nothing when nothing was written
  void Reopen();  // after a rotation

  std::size_t open_logs() const;
  std::size_t unflushed_logs() const { return dirty_.size(); }

 private:
  struct Before {
    bool operator()(const policy::LogTarget& a, const policy::LogTarget& b) const;
  };

  ProgramLog& program_log_;
  SyslogSocket syslog_;
  ServiceLog::Dirty dirty_;
  std::map<policy::LogTarget, std::weak_ptr<ServiceLog>, Before> logs_;
};

}  // namespace postern::daemon
