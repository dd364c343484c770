// SPDX-License-Identifier: BSD-2-Clause
// The kernel's calls for mounts, by descriptor throughout: a tree is made or copied detached, given
// its attributes, and only then attached, so nobody ever sees it without them (mount_setattr(2),
// open_tree(2), Linux 5.12).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox {

// Bits of MOUNT_ATTR_…
using MountAttributes = std::uint64_t;
extern const MountAttributes kReadOnly, kNoSetuid, kNoDevices, kNoExecute;

enum class Depth : std::uint8_t { kThisMount, kWithSubmounts };

// A detached copy of what is at `place` (an O_PATH descriptor) or at `path` below it.
sys::Result<sys::UniqueFd> CopyTree(const sys::UniqueFd& place, const std::string& path,
                                    Depth depth);
// Sets attributes of the mount that `tree` is the root of; never clears one.
sys::Status AddAttributes(const sys::UniqueFd& tree, MountAttributes attributes, Depth depth,
                          const std::string& path);
// Attaches a detached tree over what is at `target`.
sys::Status AttachTree(const sys::UniqueFd& tree, const sys::UniqueFd& target,
                       const std::string& path);

// Attaches an empty directory that nobody may enter.
sys::Status CoverDirectory(const sys::UniqueFd& target, const std::string& path);

struct MountOption {
  const char* name;
  std::string value;
};
// A new file system, detached: "tmpfs", "proc", "devpts".
sys::Result<sys::UniqueFd> MakeFileSystem(const char* type,
                                          std::initializer_list<MountOption> options,
                                          MountAttributes attributes);

// What happens here is not seen outside; what is unmounted outside goes here too.
sys::Status KeepMountsToOurselves();
// Makes `root` the root directory, and everything that was the root before go away.
sys::Status PivotInto(const sys::UniqueFd& root);
// ENOSYS when the kernel is too old for this file.
sys::Status RequireMountCalls();

}  // namespace postern::sandbox
