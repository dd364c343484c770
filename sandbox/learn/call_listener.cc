// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/learn/call_listener.h"

#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "sandbox/confine/install_filter.h"

namespace postern::sandbox {
namespace {

sys::Status Answer(const sys::UniqueFd& listener, seccomp_notif_resp response) {
  // Newer kernels' structure may be longer; what is left out counts as nought.
  static_assert(sizeof response <= kNotificationRoom);
  if (::ioctl(listener.get(), SECCOMP_IOCTL_NOTIF_SEND, &response) == 0 || errno == ENOENT) {
    return {};
  }
  return sys::LastError("ioctl", "SECCOMP_IOCTL_NOTIF_SEND");
}

}  // namespace

bool CallListener::Waits() const {
  pollfd wait{listener_.get(), POLLIN, 0};
  return ::poll(&wait, 1, 0) == 1 && (wait.revents & POLLIN) != 0;
}

sys::Result<std::optional<WaitingCall>> CallListener::Receive() {
  // The kernel takes a buffer of noughts only.
  alignas(seccomp_notif) std::array<std::byte, kNotificationRoom> room{};
  if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_RECV, room.data()) != 0) {
    if (errno == ENOENT || errno == EINTR) return std::nullopt;
    return sys::LastError("ioctl", "SECCOMP_IOCTL_NOTIF_RECV");
  }
  seccomp_notif told{};
  std::memcpy(&told, room.data(), sizeof told);
  WaitingCall call{told.id, static_cast<pid_t>(told.pid), {}};
  call.facts.number = static_cast<std::uint32_t>(told.data.nr);
  call.facts.architecture = told.data.arch;
  call.facts.instruction_pointer = told.data.instruction_pointer;
  std::ranges::copy(told.data.args, call.facts.arguments.begin());
  return call;
}

bool CallListener::StillWaits(const WaitingCall& call) const {
  std::uint64_t id = call.id;
  return ::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

sys::Status CallListener::Proceed(const WaitingCall& call) {
  seccomp_notif_resp response{};
  response.id = call.id;
  response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  return Answer(listener_, response);
}

sys::Status CallListener::Refuse(const WaitingCall& call, int error) {
  seccomp_notif_resp response{};
  response.id = call.id;
  response.error = -error;
  return Answer(listener_, response);
}

}  // namespace postern::sandbox
