// SPDX-License-Identifier: BSD-2-Clause
// One message pair between two processes of the project: fixed-layout frames over SOCK_SEQPACKET,
// with descriptors in SCM_RIGHTS (unix(7)).
//
// The channel knows sizes, not meanings: a frame longer than the caller's buffer, or with more
// descriptors than allowed, is an EBADMSG error and its descriptors are closed. What follows from
// garbage is the caller's to decide.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <utility>

#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox {

struct ChannelPair {
  sys::UniqueFd ours, theirs;  // nonblocking, close-on-exec
};
sys::Result<ChannelPair> MakeChannel();
// From now on the kernel says of each frame that arrives at this end which process sent it
// (unix(7), SO_PASSCRED).
sys::Status TellSenders(const sys::UniqueFd& channel);

// Sends one frame, with at most kMaxDescriptors. EAGAIN when the other side does not keep up.
inline constexpr std::size_t kMaxDescriptors = 4;
sys::Status SendFrame(const sys::UniqueFd& channel, std::span<const std::byte> frame,
                      std::span<const int> descriptors);

// Whether that kept SendFrame from it: what the other side has sent is still there to read.
bool PeerIsGone(const sys::Error& error);

struct ReceivedFrame {
  std::size_t length = 0;  // 0: the other side is gone, and nothing of it is left to read
  sys::UniqueFd descriptors[kMaxDescriptors];
  std::size_t descriptor_count = 0;
  pid_t sender = 0;  // as our own pid namespace numbers it; 0 unless TellSenders was called
};
sys::Result<ReceivedFrame> ReceiveFrame(const sys::UniqueFd& channel, std::span<std::byte> buffer);

}  // namespace postern::sandbox
