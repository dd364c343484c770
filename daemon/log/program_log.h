// SPDX-License-Identifier: BSD-2-Clause
// What the daemon says about itself: start, reload, mistakes found, services it could not start.
//
// One object, made in main and passed by reference. A line is written at once, whole and escaped:
// "26/11/23@05:09:20 posternd[77]: NOTICE: …" to a file or to standard error; to syslog
// without stamp and level name, which it adds itself. A log that cannot be written never stops the
// daemon: lines lost are counted, and the count is the next line that gets through.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/log/append_file.h"
#include "daemon/log/syslog_socket.h"
#include "daemon/log/timestamp.h"
#include "sandbox/sys/error.h"

namespace postern::daemon {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kNotice, kWarning, kError, kCritical };

struct ProgramLogTarget {
  std::string file = {};                              // empty: none
  std::optional<int> syslog_facility = std::nullopt;  // shifted; nullopt: none
  bool standard_error = false;  // -d; an operator's terminal, and it may block on that
  std::string ident = "posternd";
  std::string syslog_path = SyslogSocket::kDefaultPath;
};

class ProgramLog {
  struct Key {};  // only Open() makes one

 public:
  ProgramLog(Key key, ProgramLogTarget target);

  // Fails when the file cannot be opened for appending.
  static sandbox::sys::Result<std::unique_ptr<ProgramLog>> Open(ProgramLogTarget target);

  void Debug(std::string_view message) { Write(LogLevel::kDebug, message); }
  void Info(std::string_view message) { Write(LogLevel::kInfo, message); }
  void Notice(std::string_view message) { Write(LogLevel::kNotice, message); }
  void Warning(std::string_view message) { Write(LogLevel::kWarning, message); }
  void Error(std::string_view message) { Write(LogLevel::kError, message); }
  void Critical(std::string_view message) { Write(LogLevel::kCritical, message); }
  void Write(LogLevel level, std::string_view message);

  // Opens the file anew, after a rotation. The old one stays in use when that fails.
  void Reopen();

 private:
  void ComposeLine(LogLevel level, std::string_view escaped);
  void WriteToFile(LogLevel level, std::string_view escaped);

  ProgramLogTarget target_;
  AppendFile file_;
  std::unique_ptr<SyslogSocket> syslog_;
  XinetdStamp stamp_;
  std::uint64_t lost_ = 0;  // lines the file did not take
  std::string line_;
};

}  // namespace postern::daemon
