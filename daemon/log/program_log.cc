// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/log/program_log.h"

#include <cstdio>
#include <utility>

#include "daemon/log/escape.h"
#include "sandbox/sys/process.h"

namespace postern::daemon {
namespace {

namespace sys = sandbox::sys;

std::string_view NameOf(LogLevel level) {
  constexpr std::string_view kNames[] = {"DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL"};
  return kNames[static_cast<std::size_t>(level)];
}

int SyslogLevelOf(LogLevel level) {
  constexpr int kLevels[] = {7, 6, 5, 4, 3, 2};  // RFC 3164 section 4.1.1: debug to critical
  return kLevels[static_cast<std::size_t>(level)];
}

}  // namespace

sys::Result<std::unique_ptr<ProgramLog>> ProgramLog::Open(ProgramLogTarget target) {
  AppendFile file;
  if (!target.file.empty()) {
    TRY(file, AppendFile::Open(target.file));
  }
  auto log = std::make_unique<ProgramLog>(Key{}, std::move(target));
  log->file_ = std::move(file);
  return log;
}

ProgramLog::ProgramLog(Key /*key*/, ProgramLogTarget target) : target_(std::move(target)) {
  if (target_.syslog_facility) {
    syslog_ = std::make_unique<SyslogSocket>(target_.ident, target_.syslog_path);
  }
}

void ProgramLog::Write(LogLevel level, std::string_view message) {
  const std::string escaped = EscapeForLog(message);
  if (file_) WriteToFile(level, escaped);
  if (syslog_) syslog_->Send(*target_.syslog_facility | SyslogLevelOf(level), escaped);
  if (target_.standard_error) {
    ComposeLine(level, escaped);
    std::fwrite(line_.data(), 1, line_.size(), stderr);
  }
}

void ProgramLog::ComposeLine(LogLevel level, std::string_view escaped) {
  line_ = stamp_.At(std::time(nullptr));
  line_ += " " + target_.ident + "[" + std::to_string(sys::OwnPid()) + "]: ";
  line_ += NameOf(level);
  line_ += ": ";
  line_ += escaped;
  line_ += '\n';
}

void ProgramLog::WriteToFile(LogLevel level, std::string_view escaped) {
  if (lost_ > 0) {
    ComposeLine(LogLevel::kWarning, std::to_string(lost_) + " lines of this log were lost");
    if (file_.Append(line_).error) {
      ++lost_;
      return;
    }
    lost_ = 0;
  }
  ComposeLine(level, escaped);
  if (file_.Append(line_).error) ++lost_;
}

void ProgramLog::Reopen() {
  if (target_.file.empty()) return;
  auto opened = AppendFile::Open(target_.file);
  if (!opened) {
    Warning("the log is not reopened: " + opened.error().ToString());
    return;
  }
  file_ = std::move(*opened);
}

}  // namespace postern::daemon
