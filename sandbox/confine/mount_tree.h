// SPDX-License-Identifier: BSD-2-Clause
// A tree of mounts under construction: a root, and what is attached below it. In the file systems
// that were made for it, places are made as they are needed; in anything else, what is not there is
// an error, so nothing is ever created where somebody else may write.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sandbox/confine/mount_calls.h"
#include "sandbox/confine/open_path.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox {

enum class NodeKind : std::uint8_t { kFile, kDirectory };

class MountTree {
 public:
  // The root directory as it is.
  static sys::Result<MountTree> OfSystem();
  // A detached tree that becomes the root later. It is attached over /proc meanwhile, as every
  // system has that directory and nothing in it is needed for building.
  static sys::Result<MountTree> OfTree(sys::UniqueFd tree);
  static sys::Result<MountTree> OfOwn(sys::UniqueFd file_system);  // the same, all made for it

  const sys::UniqueFd& root() const { return root_; }
  bool is_system() const { return is_system_; }

  sys::Status Attach(const sys::UniqueFd& tree, const std::string& path, NodeKind kind);
  // A file system that was made for this tree.
  sys::Status AttachOwn(const sys::UniqueFd& file_system, const std::string& path);
  sys::Status MakeDirectory(const std::string& path);
  sys::Status MakeLink(const std::string& path, const std::string& target);

 private:
  explicit MountTree(sys::UniqueFd root, bool is_system)
      : root_(std::move(root)), is_system_(is_system) {}
  sys::Status Claim(const sys::UniqueFd& file_system);
  sys::Result<Place> FindOrMake(const std::string& path, NodeKind kind);
  sys::Status Make(const std::string& path, NodeKind kind);
  sys::Result<Place> OwnParentOf(const std::string& path);

  sys::UniqueFd root_;
  bool is_system_;
  std::vector<std::uint64_t> own_devices_;
};

}  // namespace postern::sandbox
