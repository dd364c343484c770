// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/learn/hand_over.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstring>

#include "sandbox/channel.h"
#include "sandbox/sys/raw_syscall.h"

namespace postern::sandbox {

// Not by SendFrame(): libc's sendmsg(3) takes the flags as an int, and the mark would be lost.
sys::Status HandOverListener(const sys::UniqueFd& channel, const sys::UniqueFd& listener) {
  char word = 'L';
  iovec part{&word, sizeof word};
  const int descriptor = listener.get();
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof descriptor)> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* const item = CMSG_FIRSTHDR(&message);
  item->cmsg_level = SOL_SOCKET;
  item->cmsg_type = SCM_RIGHTS;
  item->cmsg_len = CMSG_LEN(sizeof descriptor);
  std::memcpy(CMSG_DATA(item), &descriptor, sizeof descriptor);
  const auto flags = static_cast<long>(kHandOverMark | MSG_NOSIGNAL);
  const long sent = sys::RawSyscall(SYS_sendmsg, channel.get(), sys::AsLong(&message), flags);
  if (sent == sizeof word) return {};
  return std::unexpected(sys::Error{"sendmsg", static_cast<int>(-sent), "listener"});
}

sys::Result<sys::UniqueFd> ReceiveListener(const sys::UniqueFd& channel,
                                           const sys::Deadline& deadline) {
  TRY_STATUS(sys::AwaitReadable(channel, deadline));
  std::byte word[1];
  TRY(ReceivedFrame received, ReceiveFrame(channel, word));
  if (received.descriptor_count != 1) {
    return std::unexpected(sys::Error{"recvmsg", EBADMSG, "listener"});
  }
  return std::move(received.descriptors[0]);
}

}  // namespace postern::sandbox
