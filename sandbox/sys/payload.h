// SPDX-License-Identifier: BSD-2-Clause
// The calls that read bytes a network peer sent. Only unprivileged helpers may include this header;
// .ci/check-layering holds daemon/acceptor to it.
#pragma once

#include <cstddef>
#include <span>

#include "sandbox/sys/error.h"
#include "sandbox/sys/sockets.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox::sys {

// 0 is end of file; EAGAIN when nothing is there yet.
Result<std::size_t> ReceiveSome(const UniqueFd& socket, std::span<std::byte> buffer);

// The same bytes, left in the queue.
Result<std::size_t> PeekSome(const UniqueFd& socket, std::span<std::byte> buffer);

struct ReceivedDatagram {
  SocketAddress sender;
  std::size_t length = 0;  // of what arrived; more than the buffer when it was cut short
};
Result<ReceivedDatagram> ReceiveDatagram(const UniqueFd& socket, std::span<std::byte> buffer);
// The same datagram, left in the queue; DropDatagram() takes it away.
Result<ReceivedDatagram> PeekDatagramPayload(const UniqueFd& socket, std::span<std::byte> buffer);
Status SendDatagram(const UniqueFd& socket, const SocketAddress& to,
                    std::span<const std::byte> bytes);

// splice(2) between a socket and a pipe: up to `length` bytes, never blocking; 0 is end of file.
Result<std::size_t> Splice(const UniqueFd& from, const UniqueFd& to, std::size_t length);

}  // namespace postern::sandbox::sys
