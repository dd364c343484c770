// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/log/sink.h"

#include <algorithm>
#include <ctime>
#include <utility>

namespace postern::daemon {

ServiceLog::ServiceLog(const policy::LogTarget& target, std::string title, ProgramLog& program_log,
                       SyslogSocket& syslog, Dirty& dirty)
    : target_(target),
      title_(std::move(title)),
      program_log_(program_log),
      syslog_(syslog),
      dirty_(dirty) {
  Open();
}

ServiceLog::~ServiceLog() {
  WriteBuffer();
  std::erase(dirty_, this);
}

void ServiceLog::Open() {
  if (target_.kind != policy::LogKind::kFile) return;
  auto opened = AppendFile::Open(target_.file);
  if (!opened) {
    program_log_.Warning(title_ + " is not opened: " + opened.error().ToString());
    // After a failed rotation the old file is still better than none.
    if (!file_) state_ = State::kUnopened;
    return;
  }
  file_ = std::move(*opened);
  size_ = file_.Size();
  state_ = State::kWorking;
  soft_limit_told_ = failure_told_ = false;
}

void ServiceLog::Reopen() {
  Flush();
  Open();
}

void ServiceLog::WriteLine(std::string_view line) {
  if (target_.kind == policy::LogKind::kSyslog) {
    syslog_.Send(target_.syslog_facility | target_.syslog_level, line);
    return;
  }
  constexpr std::string_view kAfterStamp = ": ";
  const std::string_view stamp = stamp_.At(std::time(nullptr));
  const std::size_t length = stamp.size() + kAfterStamp.size() + line.size() + 1;
  if (state_ != State::kWorking || !HasRoomFor(length)) {
    ++lost_;
    return;
  }
  buffer_.append(stamp).append(kAfterStamp).append(line).append(1, '\n');
  size_ += length;
  ++buffered_;
  if (!std::exchange(listed_, true)) dirty_.push_back(this);
  if (buffer_.size() > kMaxBuffered) WriteBuffer();
}

// The file's size is asked for anew before a limit is believed to be passed: a rotation may have
// truncated it in place.
bool ServiceLog::WouldPass(std::optional<std::uint64_t> limit, std::size_t length) {
  if (!limit || size_ + length <= *limit) return false;
  size_ = file_.Size() + buffer_.size();
  return size_ + length > *limit;
}

bool ServiceLog::HasRoomFor(std::size_t length) {
  if (WouldPass(target_.hard_limit, length)) {
    state_ = State::kFull;
    program_log_.Error("Size of " + title_ + " exceeded hard limit");
    return false;
  }
  if (!soft_limit_told_ && WouldPass(target_.soft_limit, length)) {
    soft_limit_told_ = true;
    program_log_.Warning("Size of " + title_ + " exceeded soft limit");
  }
  return true;
}

void ServiceLog::Flush() {
  listed_ = false;
  WriteBuffer();
}

void ServiceLog::WriteBuffer() {
  if (buffer_.empty()) return;
  const AppendFile::Outcome outcome = file_.Append(buffer_);
  if (outcome.error) {
    NoteFailure(outcome);
  } else {
    NoteSuccess();
  }
  buffer_.clear();
  buffered_ = 0;
}

void ServiceLog::NoteFailure(const AppendFile::Outcome& outcome) {
  const auto cut = buffer_.begin() + static_cast<std::ptrdiff_t>(outcome.written);
  lost_ += buffered_ - static_cast<std::uint64_t>(std::count(buffer_.begin(), cut, '\n'));
  size_ -= std::min<std::uint64_t>(size_, buffer_.size() - outcome.written);
  if (std::exchange(failure_told_, true)) return;
  program_log_.Error("Error in " + title_ + ": " + outcome.error->ToString());
}

void ServiceLog::NoteSuccess() {
  failure_told_ = false;
  // Only records that follow a loss say that it is over; those written at the hard limit do not.
  if (lost_ == 0 || state_ != State::kWorking) return;
  program_log_.Warning(std::to_string(lost_) + " records of " + title_ + " were lost");
  lost_ = 0;
}

}  // namespace postern::daemon
