// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/mount_calls.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace postern::sandbox {

const MountAttributes kReadOnly = MOUNT_ATTR_RDONLY;
const MountAttributes kNoSetuid = MOUNT_ATTR_NOSUID;
const MountAttributes kNoDevices = MOUNT_ATTR_NODEV;
const MountAttributes kNoExecute = MOUNT_ATTR_NOEXEC;

sys::Result<sys::UniqueFd> CopyTree(const sys::UniqueFd& place, const std::string& path,
                                    Depth depth) {
  const unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW |
                         (depth == Depth::kWithSubmounts ? AT_RECURSIVE : 0U);
  sys::UniqueFd tree(::open_tree(place.get(), path.c_str(), flags));
  if (!tree) return sys::LastError("open_tree", path);
  return tree;
}

sys::Status AddAttributes(const sys::UniqueFd& tree, MountAttributes attributes, Depth depth,
                          const std::string& path) {
  mount_attr change{};
  change.attr_set = attributes;
  const unsigned flags = AT_EMPTY_PATH | (depth == Depth::kWithSubmounts ? AT_RECURSIVE : 0U);
  if (::mount_setattr(tree.get(), "", flags, &change, sizeof change) != 0) {
    return sys::LastError("mount_setattr", path);
  }
  return {};
}

sys::Status AttachTree(const sys::UniqueFd& tree, const sys::UniqueFd& target,
                       const std::string& path) {
  if (::move_mount(tree.get(), "", target.get(), "",
                   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0) {
    return sys::LastError("move_mount", path);
  }
  return {};
}

sys::Result<sys::UniqueFd> MakeFileSystem(const char* type,
                                          std::initializer_list<MountOption> options,
                                          MountAttributes attributes) {
  const sys::UniqueFd context(::fsopen(type, FSOPEN_CLOEXEC));
  if (!context) return sys::LastError("fsopen", type);
  for (const MountOption& option : options) {
    if (::fsconfig(context.get(), FSCONFIG_SET_STRING, option.name, option.value.c_str(), 0) != 0) {
      return sys::LastError("fsconfig", std::string(type) + " " + option.name);
    }
  }
  if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return sys::LastError("fsconfig", type);
  }
  sys::UniqueFd tree(::fsmount(context.get(), FSMOUNT_CLOEXEC, static_cast<unsigned>(attributes)));
  if (!tree) return sys::LastError("fsmount", type);
  return tree;
}

sys::Status CoverDirectory(const sys::UniqueFd& target, const std::string& path) {
  TRY(const sys::UniqueFd empty,
      MakeFileSystem("tmpfs", {{"mode", "0"}, {"size", "4k"}, {"nr_inodes", "2"}},
                     kReadOnly | kNoSetuid | kNoDevices | kNoExecute));
  return AttachTree(empty, target, path);
}

sys::Status KeepMountsToOurselves() {
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
    return sys::LastError("mount", "MS_SLAVE");
  }
  return {};
}

sys::Status PivotInto(const sys::UniqueFd& root) {
  if (::fchdir(root.get()) != 0) return sys::LastError("fchdir", "new root");
  // The old root ends up on top of the new one, where it can be taken off without a place for it
  // (pivot_root(2), NOTES).
  if (::syscall(SYS_pivot_root, ".", ".") != 0) return sys::LastError("pivot_root");
  if (::umount2(".", MNT_DETACH) != 0) return sys::LastError("umount2", "old root");
  return {};
}

sys::Status RequireMountCalls() {
  mount_attr nothing{};
  if (::mount_setattr(-1, "", AT_EMPTY_PATH, &nothing, sizeof nothing) != 0 && errno != EBADF) {
    return sys::LastError("mount_setattr");
  }
  return {};
}

}  // namespace postern::sandbox
