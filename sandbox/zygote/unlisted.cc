// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/zygote/unlisted.h"

#include <linux/seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>

#include "sandbox/confine/install_filter.h"

namespace postern::sandbox {

sys::Result<std::optional<UnlistedCall>> UnlistedCalls::KillCaller() {
  // The kernel takes a buffer of noughts only.
  alignas(seccomp_notif) std::array<std::byte, kNotificationRoom> room{};
  if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_RECV, room.data()) != 0) {
    if (errno == ENOENT || errno == EINTR) return std::nullopt;
    return sys::LastError("ioctl", "SECCOMP_IOCTL_NOTIF_RECV");
  }
  seccomp_notif call{};
  std::memcpy(&call, room.data(), sizeof call);
  const auto caller = static_cast<pid_t>(call.pid);
  // 0 is somebody that this pid namespace does not see, and to kill(2) a group of processes.
  if (caller <= 1) return std::unexpected(sys::Error{"kill", ESRCH, "caller of an unlisted call"});
  const UnlistedCall unlisted{::getsid(caller), static_cast<std::uint32_t>(call.data.nr)};
  // As long as the call waits, the number is still its caller's. It is a thread's, which stands for
  // its process in getsid(2) and kill(2); a pidfd could not be had of it before Linux 6.9.
  if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_ID_VALID, &call.id) != 0) {
    if (errno == ENOENT) return std::nullopt;
    return sys::LastError("ioctl", "SECCOMP_IOCTL_NOTIF_ID_VALID");
  }
  if (::kill(caller, SIGKILL) != 0) {
    if (errno == ESRCH) return std::nullopt;
    return sys::LastError("kill", "caller of an unlisted call");
  }
  return unlisted;
}

}  // namespace postern::sandbox
