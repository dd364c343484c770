// SPDX-License-Identifier: BSD-2-Clause
// Where the lines of a decision go: syslog in programs, a list in tests and tools.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/hosts/table.h"

namespace postern::wrapper {

// Levels of <syslog.h>; the facility, when one is or'ed in, is that header's too.
inline constexpr int kLogError = 3;
inline constexpr int kLogWarning = 4;
inline constexpr int kLogNotice = 5;
inline constexpr int kLogInfo = 6;
inline constexpr int kLogDebug = 7;

// Control characters, DEL and bytes that are not ASCII become "\xNN": part of the text was chosen
// by the client's name server or ident server, and a log must stay one line an event.
std::string EscapeForLog(std::string_view text);

class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void Write(int priority, std::string_view text) = 0;  // escapes
};

// syslog(3), with the name and facility that the program around us gave to openlog(3).
class SystemLog : public LogSink {
 public:
  void Write(int priority, std::string_view text) override;
};

struct LogLine {
  int priority = 0;
  std::string text;
  friend bool operator==(const LogLine&, const LogLine&) = default;
};

class CollectedLog : public LogSink {
 public:
  void Write(int priority, std::string_view text) override;
  const std::vector<LogLine>& lines() const { return lines_; }

 private:
  std::vector<LogLine> lines_;
};

// "warning: FILE, line N: …" while a rule is at work, "warning: …" otherwise; both LOG_ERR.
class RuleLog {
 public:
  explicit RuleLog(LogSink& sink) : sink_(sink) {}
  void Enter(std::string file, std::uint32_t line);
  void Enter(const policy::hosts::Rule& rule) { Enter(rule.where.file, rule.last_line); }
  void Leave();

  void Warn(std::string_view text);
  void Error(std::string_view text);
  void Write(int priority, std::string_view text) { sink_.Write(priority, text); }

 private:
  void WriteWithPlace(std::string_view kind, std::string_view text);

  LogSink& sink_;
  std::string file_;
  std::uint32_t line_ = 0;
};

}  // namespace postern::wrapper
