// SPDX-License-Identifier: BSD-2-Clause
// One service log: a file, syslog, or nothing. Several services may share it.
//
// Records for a file are gathered and appended with one write when the daemon flushes, at the end
// of each turn of its event loop. A log never blocks the daemon and never stops it: a full disk, a
// size limit or a file that cannot be opened is said once in the program log, what is lost
// meanwhile is counted, and the count is told when the log works again. So what a daemon that is
// killed outright (SIGKILL) takes with it is the records of the turn it was in, of each log at most
// kMaxBuffered bytes.
//
// Size limits as in xinetd.conf(5): passing the soft one is a warning; the record that would pass
// the hard one is not written, nor is any after it, until Reopen().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/log/append_file.h"
#include "daemon/log/program_log.h"
#include "daemon/log/record.h"
#include "daemon/log/syslog_socket.h"
#include "daemon/log/timestamp.h"
#include "policy/service/service_spec.h"

namespace postern::daemon {

class ServiceLog {
 public:
  // The logs that have something to flush.
  using Dirty = std::vector<ServiceLog*>;
  static constexpr std::size_t kMaxBuffered = std::size_t{64} * 1024;

  // `title` names the log in messages: "common log", "ftp log". The references must outlive it.
  ServiceLog(const policy::LogTarget& target, std::string title, ProgramLog& program_log,
             SyslogSocket& syslog, Dirty& dirty);
  ~ServiceLog();
  ServiceLog(const ServiceLog&) = delete;
  ServiceLog& operator=(const ServiceLog&) = delete;

  // Writes the record, if the flags ask for it.
  template <typename Record, typename Flags>
  void Write(const Record& record, const Flags& flags) {
    if (target_.kind == policy::LogKind::kNone) return;
    line_.clear();
    if (Format(record, flags, line_)) WriteLine(line_);
  }

  void Flush();  // by the registry, or when what is written must be in the file now
  void Reopen();

  std::uint64_t lost() const { return lost_; }  // records, since the log last worked

 private:
  enum class State : std::uint8_t { kWorking, kUnopened, kFull };

  void Open();
  void WriteLine(std::string_view line);
  void WriteBuffer();
  bool HasRoomFor(std::size_t length);
  bool WouldPass(std::optional<std::uint64_t> limit, std::size_t length);
  void NoteFailure(const AppendFile::Outcome& outcome);
  void NoteSuccess();

  policy::LogTarget target_;
  std::string title_;
  ProgramLog& program_log_;
  SyslogSocket& syslog_;
  Dirty& dirty_;

  AppendFile file_;
  State state_ = State::kWorking;
  bool soft_limit_told_ = false;
  bool failure_told_ = false;
  bool listed_ = false;     // in dirty_
  std::uint64_t size_ = 0;  // of the file, with what is in the buffer
  std::uint64_t lost_ = 0;
  std::uint64_t buffered_ = 0;  // records in the buffer
  XinetdStamp stamp_;
  std::string buffer_;
  std::string line_;
};

}  // namespace postern::daemon
