// SPDX-License-Identifier: BSD-2-Clause
// The parts of a view that belong to the kernel: a /dev with harmless devices only, and /proc.
#pragma once

#include <string>
#include <vector>

#include "sandbox/confine/mount_tree.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox {

// The host's devices and the socket of its log, copied before a view makes them unusable. (Bound
// and not made: mknod needs a right that containers lack.)
struct Devices {
  struct Node {
    std::string path;
    sys::UniqueFd tree;
  };
  std::vector<Node> nodes;
  std::string log_link;  // not empty: what /dev/log points to
};
sys::Result<Devices> CopyDevices(const sys::UniqueFd& host);

// /dev: null zero full random urandom tty, terminals and shared memory of its own, the usual links,
// and the system log's socket where the host has one.
sys::Status AttachPrivateDev(MountTree& tree, const Devices& devices);

// A /proc of the pid namespace, in which a process sees itself and what it may trace; or all there
// are.
enum class ProcShows : std::uint8_t { kOwn, kAll };
sys::Status AttachFreshProc(MountTree& tree, const std::string& path, ProcShows shows);
// What is in /proc and is not about processes, read-only: kernel parameters, for root's sake.
sys::Status ProtectProc(MountTree& tree);

// A tmpfs that all may write, of bounded size.
sys::Result<sys::UniqueFd> MakeTemporary();

}  // namespace postern::sandbox
