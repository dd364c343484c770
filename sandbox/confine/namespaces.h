// SPDX-License-Identifier: BSD-2-Clause
// Namespaces of the calling process (namespaces(7)): leaving the host's, and which ones it is in.
//
// Who calls: Enter(), with one thread. The pid namespace is made by whoever starts the process,
// since a process cannot change its own; the user namespace is user_namespace.h's.
//
// A new network namespace stays as it is born: its loopback is down, so nothing can be reached. In
// a new UTS namespace the host's name stays (mail and FTP servers greet with it); changes to it do
// not leave. A new time namespace starts at zero, so that it does not tell when the machine booted;
// the caller stays outside, what it executes is inside (time_namespaces(7)).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox {

enum class Namespace : std::uint8_t { kUser, kMount, kPid, kNet, kIpc, kUts, kCgroup, kTime };
inline constexpr std::array kAllNamespaces = {
    Namespace::kUser, Namespace::kMount, Namespace::kPid,    Namespace::kNet,
    Namespace::kIpc,  Namespace::kUts,   Namespace::kCgroup, Namespace::kTime};
std::string_view NamespaceText(Namespace kind);  // "mount"

// Inode numbers of /proc/PID/ns: equal numbers are one namespace. 0: the kernel lacks that kind.
// For time, it is the one that children will be in.
class NamespaceIds {
 public:
  std::uint64_t of(Namespace kind) const { return ids_[static_cast<std::size_t>(kind)]; }
  void Set(Namespace kind, std::uint64_t id) { ids_[static_cast<std::size_t>(kind)] = id; }

 private:
  std::array<std::uint64_t, kAllNamespaces.size()> ids_{};
};
// `own_process` is /proc/self, opened before the view of the file system changed.
sys::Result<NamespaceIds> ReadNamespaces(const sys::UniqueFd& own_process);

// EPERM, ENOSPC, EINVAL: the machine does not offer it.
sys::Status LeaveNamespace(Namespace kind);
// After LeaveNamespace(kTime), before any child: its clocks start at zero.
sys::Status HideBootTime(const sys::UniqueFd& own_process);

}  // namespace postern::sandbox
