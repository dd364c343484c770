// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/channel.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstring>

namespace postern::sandbox {
namespace {

constexpr std::size_t kControlSize =
    CMSG_SPACE(sizeof(int) * kMaxDescriptors) + CMSG_SPACE(sizeof(ucred));

// Takes ownership of every descriptor that came along, wanted or not. False when some were too
// many: the room for a sender's credentials would hold them too.
bool Collect(msghdr& message, ReceivedFrame& received) {
  bool all_kept = true;
  for (cmsghdr* item = CMSG_FIRSTHDR(&message); item != nullptr;
       item = CMSG_NXTHDR(&message, item)) {
    if (item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_CREDENTIALS) {
      ucred sender{};
      std::memcpy(&sender, CMSG_DATA(item), sizeof sender);
      received.sender = sender.pid;
    }
    if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (item->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(item) + i * sizeof(int), sizeof fd);
      sys::UniqueFd owned(fd);
      if (received.descriptor_count < kMaxDescriptors) {
        received.descriptors[received.descriptor_count++] = std::move(owned);
      } else {
        all_kept = false;
      }
    }
  }
  return all_kept;
}

}  // namespace

sys::Result<ChannelPair> MakeChannel() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
    return sys::LastError("socketpair");
  }
  return ChannelPair{sys::UniqueFd(ends[0]), sys::UniqueFd(ends[1])};
}

sys::Status TellSenders(const sys::UniqueFd& channel) {
  const int on = 1;
  if (::setsockopt(channel.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) {
    return sys::LastError("setsockopt", "SO_PASSCRED");
  }
  return {};
}

sys::Status SendFrame(const sys::UniqueFd& channel, std::span<const std::byte> frame,
                      std::span<const int> descriptors) {
  if (descriptors.size() > kMaxDescriptors) {
    return std::unexpected(sys::Error{"sendmsg", EINVAL, "too many descriptors"});
  }
  iovec part{const_cast<std::byte*>(frame.data()), frame.size()};
  alignas(cmsghdr) char control[kControlSize] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* item = CMSG_FIRSTHDR(&message);
    item->cmsg_level = SOL_SOCKET;
    item->cmsg_type = SCM_RIGHTS;
    item->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(item), descriptors.data(), descriptors.size_bytes());
  }
  for (;;) {
    if (::sendmsg(channel.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return {};
    if (errno != EINTR) return sys::LastError("sendmsg");
  }
}

bool PeerIsGone(const sys::Error& error) {
  return error.number == EPIPE || error.number == ECONNRESET;
}

sys::Result<ReceivedFrame> ReceiveFrame(const sys::UniqueFd& channel, std::span<std::byte> buffer) {
  ReceivedFrame received;
  iovec part{buffer.data(), buffer.size()};
  alignas(cmsghdr) char control[kControlSize];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t n = 0;
  // ECONNRESET: the other side is gone, with frames of ours unread. Told once, and before what it
  // had sent by then, which is still there.
  do {
    n = ::recvmsg(channel.get(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  } while (n < 0 && (errno == EINTR || errno == ECONNRESET));
  if (n < 0) return sys::LastError("recvmsg");
  const bool all_kept = Collect(message, received);
  if (!all_kept || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    return std::unexpected(sys::Error{"recvmsg", EBADMSG, "oversize frame"});
  }
  received.length = static_cast<std::size_t>(n);
  return received;
}

}  // namespace postern::sandbox
