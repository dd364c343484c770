// SPDX-License-Identifier: BSD-2-Clause
// The built-in services over datagrams: one request, at most one answer, nothing remembered about
// the client.
//
// A datagram is taken from the queue only once its answer is on the way or it is certain to have
// none; nothing is lost because the socket was busy.
#pragma once

#include <bitset>
#include <cstddef>
#include <ctime>
#include <vector>

#include "daemon/protocol.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

class DatagramService {
 public:
  DatagramService();

  DatagramOutcome Answer(const AskDatagram& ask, const sandbox::sys::UniqueFd& socket,
                         std::time_t now);

 private:
  // Two of our own services would answer each other for ever if one were made to ask the other.
  bool IsOwnPort(const AskDatagram& ask, const sandbox::sys::UniqueFd& socket);

  std::vector<std::byte> buffer_;  // the largest datagram there is
  std::bitset<65536> own_ports_;   // ports our datagram services were seen on
};

}  // namespace postern::daemon
