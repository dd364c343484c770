// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/log/syslog_socket.h"

#include <cerrno>
#include <span>
#include <utility>

#include "sandbox/sys/process.h"
#include "sandbox/sys/sockets.h"

namespace postern::daemon {
namespace {

namespace sys = sandbox::sys;

constexpr int kWarning = 4;  // the level a loss is told at
constexpr int kFacilityMask = 0x3f8;

// The socket works, but the log daemon is not reading fast enough.
bool IsCongestion(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == EMSGSIZE;
}

}  // namespace

SyslogSocket::SyslogSocket(std::string ident, std::string path)
    : ident_(std::move(ident)), path_(std::move(path)) {}

void SyslogSocket::Send(int priority, std::string_view text) {
  SendAs(ident_, sys::OwnPid(), priority, text);
}

void SyslogSocket::SendAs(std::string_view ident, int pid, int priority, std::string_view text) {
  const std::time_t now = std::time(nullptr);
  if (lost_ > 0) {
    const std::string report = std::to_string(lost_) + " log messages were lost";
    if (!SendOne(ident_, sys::OwnPid(), (priority & kFacilityMask) | kWarning, report, now)) {
      ++lost_;
      return;
    }
    lost_ = 0;
  }
  if (!SendOne(ident, pid, priority, text, now)) ++lost_;
}

bool SyslogSocket::SendOne(std::string_view ident, int pid, int priority, std::string_view text,
                           std::time_t now) {
  datagram_ = "<" + std::to_string(priority) + ">";
  datagram_ += stamp_.At(now);
  datagram_ += ' ';
  datagram_ += ident;
  datagram_ += "[" + std::to_string(pid) + "]: ";
  datagram_ += text.substr(0, kMaxText);
  return Deliver(now);
}

// A log daemon that was restarted has a new socket behind the same path: one fresh connection is
// tried before the message is given up.
bool SyslogSocket::Deliver(std::time_t now) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!socket_ && !Connect(now)) return false;
    const auto sent = sys::SendSome(socket_, std::as_bytes(std::span(datagram_)));
    if (sent) return true;
    if (IsCongestion(sent.error().number)) return false;
    socket_.Reset();
  }
  return false;
}

bool SyslogSocket::Connect(std::time_t now) {
  if (now == last_attempt_) return false;
  last_attempt_ = now;
  const auto address = sys::SocketAddress::Unix(path_);
  if (!address) return false;
  auto socket = sys::MakeSocket(sys::SocketDomain::kUnix, sys::SocketKind::kDgram, 0);
  if (!socket || !sys::Connect(*socket, *address)) return false;
  socket_ = std::move(*socket);
  return true;
}

}  // namespace postern::daemon
