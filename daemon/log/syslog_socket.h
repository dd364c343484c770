// SPDX-License-Identifier: BSD-2-Clause
// The system log, without syslog(3): that call blocks while the log daemon does not read, and a log
// that nobody reads must not stop the acceptor.
//
// Messages go as RFC 3164 datagrams to /dev/log over a non-blocking socket, which is opened at the
// first message and again after a failure, at most once a second. A message that cannot be sent is
// counted as lost; the count is told in the log itself, once, as soon as a message gets through.
// Only datagram sockets are spoken (rsyslog, journald, busybox, sysklogd).
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "daemon/log/timestamp.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

class SyslogSocket {
 public:
  static constexpr const char* kDefaultPath = "/dev/log";
  // Longer texts are cut: a datagram that is too large for the receiver would be lost whole.
  static constexpr std::size_t kMaxText = 8192;

  explicit SyslogSocket(std::string ident, std::string path = kDefaultPath);

  // `text` is one escaped line; `priority` is facility | level, as in syslog(3).
  void Send(int priority, std::string_view text);
  // In the name of another program.
  void SendAs(std::string_view ident, int pid, int priority, std::string_view text);

  std::uint64_t lost() const { return lost_; }  // since the last message that got through

 private:
  bool SendOne(std::string_view ident, int pid, int priority, std::string_view text,
               std::time_t now);
  bool Deliver(std::time_t now);
  bool Connect(std::time_t now);

  std::string ident_;
  std::string path_;
  sandbox::sys::UniqueFd socket_;
  std::time_t last_attempt_ = 0;
  std::uint64_t lost_ = 0;
  SyslogStamp stamp_;
  std::string datagram_;
};

}  // namespace postern::daemon
