// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/mount_tree.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace postern::sandbox {
namespace {

sys::Result<std::uint64_t> DeviceOf(const sys::UniqueFd& fd) {
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return sys::LastError("fstat", "mount");
  return status.st_dev;
}

std::string NameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

sys::Result<MountTree> MountTree::OfSystem() {
  TRY(sys::UniqueFd root, OpenDirectory("/"));
  return MountTree(std::move(root), true);
}

sys::Result<MountTree> MountTree::OfTree(sys::UniqueFd tree) {
  TRY(const sys::UniqueFd stage, OpenDirectory("/proc"));
  TRY_STATUS(AttachTree(tree, stage, "/proc"));
  return MountTree(std::move(tree), false);
}

sys::Result<MountTree> MountTree::OfOwn(sys::UniqueFd file_system) {
  TRY(MountTree tree, OfTree(std::move(file_system)));
  TRY_STATUS(tree.Claim(tree.root()));
  return tree;
}

sys::Status MountTree::Claim(const sys::UniqueFd& file_system) {
  TRY(const std::uint64_t device, DeviceOf(file_system));
  own_devices_.push_back(device);
  return {};
}

sys::Status MountTree::Attach(const sys::UniqueFd& tree, const std::string& path, NodeKind kind) {
  TRY(const Place place, FindOrMake(path, kind));
  return AttachTree(tree, place.fd, path);
}

sys::Status MountTree::AttachOwn(const sys::UniqueFd& file_system, const std::string& path) {
  TRY_STATUS(Attach(file_system, path, NodeKind::kDirectory));
  return Claim(file_system);
}

sys::Status MountTree::MakeDirectory(const std::string& path) {
  TRY(const Place place, FindOrMake(path, NodeKind::kDirectory));
  return {};
}

sys::Status MountTree::MakeLink(const std::string& path, const std::string& target) {
  TRY(const Place parent, OwnParentOf(path));
  if (::symlinkat(target.c_str(), parent.fd.get(), NameOf(path).c_str()) != 0) {
    return sys::LastError("symlink", path);
  }
  return {};
}

// Makes what is missing of the path, from its first directory on.
sys::Result<Place> MountTree::FindOrMake(const std::string& path, NodeKind kind) {
  sys::Result<Place> found = FindExactly(root_, path);
  if (found || !IsMissing(found.error())) return found;
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const bool whole = end == std::string::npos;
    const std::string part = path.substr(0, end);
    found = FindExactly(root_, part);
    if (!found && !IsMissing(found.error())) return found;
    if (!found) {
      const sys::Status made = Make(part, whole ? kind : NodeKind::kDirectory);
      // It is the path that was asked for that is missing, wherever it stops.
      if (!made) return std::unexpected(sys::Error{made.error().call, made.error().number, path});
    }
    if (whole) return FindExactly(root_, path);
  }
}

sys::Status MountTree::Make(const std::string& path, NodeKind kind) {
  TRY(const Place parent, OwnParentOf(path));
  const std::string name = NameOf(path);
  if (kind == NodeKind::kDirectory) {
    if (::mkdirat(parent.fd.get(), name.c_str(), 0755) != 0) return sys::LastError("mkdir", path);
  } else if (::mknodat(parent.fd.get(), name.c_str(), S_IFREG | 0444, 0) != 0) {
    return sys::LastError("mknod", path);
  }
  return {};
}

sys::Result<Place> MountTree::OwnParentOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  TRY(Place parent, FindExactly(root_, slash == 0 ? "/" : path.substr(0, slash)));
  TRY(const std::uint64_t device, DeviceOf(parent.fd));
  if (std::ranges::find(own_devices_, device) == own_devices_.end()) {
    return std::unexpected(sys::Error{"open", ENOENT, path});
  }
  return parent;
}

}  // namespace postern::sandbox
