// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/payload.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace postern::sandbox::sys {

namespace {

Result<std::size_t> ReceiveBytes(const UniqueFd& socket, std::span<std::byte> buffer, int flags) {
  for (;;) {
    const ssize_t n = ::recv(socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT | flags);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return LastError("recv");
  }
}

Result<ReceivedDatagram> ReceiveOne(const UniqueFd& socket, std::span<std::byte> buffer,
                                    int flags) {
  ReceivedDatagram received;
  iovec part{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_name = received.sender.data();
  message.msg_namelen = SocketAddress::kCapacity;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  for (;;) {
    // MSG_TRUNC: the return value is the datagram's real length, even beyond the buffer.
    const ssize_t n = ::recvmsg(socket.get(), &message, MSG_DONTWAIT | MSG_TRUNC | flags);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return LastError("recvmsg");
    received.sender.set_length(message.msg_namelen);
    received.length = static_cast<std::size_t>(n);
    return received;
  }
}

}  // namespace

Result<std::size_t> ReceiveSome(const UniqueFd& socket, std::span<std::byte> buffer) {
  return ReceiveBytes(socket, buffer, 0);
}

Result<std::size_t> PeekSome(const UniqueFd& socket, std::span<std::byte> buffer) {
  return ReceiveBytes(socket, buffer, MSG_PEEK);
}

Result<ReceivedDatagram> ReceiveDatagram(const UniqueFd& socket, std::span<std::byte> buffer) {
  return ReceiveOne(socket, buffer, 0);
}

Result<ReceivedDatagram> PeekDatagramPayload(const UniqueFd& socket, std::span<std::byte> buffer) {
  return ReceiveOne(socket, buffer, MSG_PEEK);
}

Status SendDatagram(const UniqueFd& socket, const SocketAddress& to,
                    std::span<const std::byte> bytes) {
  const ssize_t n =
      ::sendto(socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
               static_cast<const sockaddr*>(to.data()), static_cast<socklen_t>(to.length()));
  if (n < 0) return LastError("sendto");
  return {};
}

Result<std::size_t> Splice(const UniqueFd& from, const UniqueFd& to, std::size_t length) {
  for (;;) {
    const ssize_t n =
        ::splice(from.get(), nullptr, to.get(), nullptr, length, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return LastError("splice");
  }
}

}  // namespace postern::sandbox::sys
