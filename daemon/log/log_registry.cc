// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/log/log_registry.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace postern::daemon {

bool LogRegistry::Before::operator()(const policy::LogTarget& a, const policy::LogTarget& b) const {
  const auto key = [](const policy::LogTarget& t) {
    return std::tie(t.kind, t.syslog_facility, t.syslog_level, t.file, t.soft_limit, t.hard_limit);
  };
  return key(a) < key(b);
}

LogRegistry::LogRegistry(ProgramLog& program_log, std::string ident, std::string syslog_path)
    : program_log_(program_log), syslog_(std::move(ident), std::move(syslog_path)) {}

std::shared_ptr<ServiceLog> LogRegistry::Acquire(const policy::ServiceSpec& service,
                                                 const policy::LogTarget& common) {
  std::weak_ptr<ServiceLog>& known = logs_[service.log];
  if (auto log = known.lock()) return log;
  std::string title = service.log == common ? "common log" : service.id + " log";
  auto log =
      std::make_shared<ServiceLog>(service.log, std::move(title), program_log_, syslog_, dirty_);
  known = log;
  return log;
}

void LogRegistry::Flush() {
  for (ServiceLog* log : dirty_) log->Flush();
  dirty_.clear();
}

void LogRegistry::Reopen() {
  std::erase_if(logs_, [](const auto& entry) { return entry.second.expired(); });
  for (const auto& entry : logs_) {
    if (const auto log = entry.second.lock()) log->Reopen();
  }
}

std::size_t LogRegistry::open_logs() const {
  return static_cast<std::size_t>(std::count_if(
      logs_.begin(), logs_.end(), [](const auto& entry) { return !entry.second.expired(); }));
}

}  // namespace postern::daemon
