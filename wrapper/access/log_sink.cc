// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/access/log_sink.h"

#include "policy/base/diagnostic.h"
#include "sandbox/sys/system_log.h"

namespace postern::wrapper {

std::string EscapeForLog(std::string_view text) { return policy::EscapeText(text); }

void SystemLog::Write(int priority, std::string_view text) {
  sandbox::sys::WriteSystemLog(priority, EscapeForLog(text));
}

void CollectedLog::Write(int priority, std::string_view text) {
  lines_.push_back({priority, EscapeForLog(text)});
}

void RuleLog::Enter(std::string file, std::uint32_t line) {
  file_ = std::move(file);
  line_ = line;
}

void RuleLog::Leave() {
  file_.clear();
  line_ = 0;
}

void RuleLog::Warn(std::string_view text) { WriteWithPlace("warning: ", text); }
void RuleLog::Error(std::string_view text) { WriteWithPlace("error: ", text); }

void RuleLog::WriteWithPlace(std::string_view kind, std::string_view text) {
  std::string line(kind);
  if (!file_.empty()) line += file_ + ", line " + std::to_string(line_) + ": ";
  line += text;
  sink_.Write(kLogError, line);
}

}  // namespace postern::wrapper
