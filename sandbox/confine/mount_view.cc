// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/mount_view.h"

#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/confine/device_tree.h"
#include "sandbox/confine/kernel_mounts.h"
#include "sandbox/confine/minimal_root.h"
#include "sandbox/confine/mount_calls.h"
#include "sandbox/confine/mount_tree.h"
#include "sandbox/confine/open_path.h"

namespace postern::sandbox {
namespace {

constexpr const char* kData[] = {"/var", "/srv", "/home", "/run", "/mnt", "/media", "/opt", "/tmp"};
constexpr const char* kTemporary[] = {"/tmp", "/var/tmp"};

// A part of the host that is attached to the view: copied before anything is made read-only, so
// that it has the host's own attributes and those that it is given, and no others.
struct Part {
  std::string path;     // without links
  std::string written;  // as in the configuration
  sys::UniqueFd copy;
  NodeKind kind = NodeKind::kDirectory;
  bool read_only = false;
};

class ViewBuilder {
 public:
  explicit ViewBuilder(const ViewRequest& request)
      : request_(request),
        files_(request.files),
        plain_(kNoDevices | (request.no_setuid ? kNoSetuid : 0)) {}

  sys::Status Build() {
    TRY(host_, OpenDirectory("/"));
    TRY_STATUS(FindRoot());
    TRY_STATUS(ProtectKernelMounts(host_, OwnProc()));
    TRY_STATUS(CollectParts());
    TRY_STATUS(CollectHidden());
    TRY(MountTree tree, ShapeRoot());
    for (const Part& part : data_) TRY_STATUS(tree.Attach(part.copy, part.path, part.kind));
    TRY_STATUS(AddKernelParts(tree));
    for (const Part& part : listed_) TRY_STATUS(AttachListed(tree, part));
    for (const Place& place : hidden_) TRY_STATUS(Hide(tree, place));
    if (files_.minimal) TRY_STATUS(AddAttributes(tree.root(), kReadOnly, Depth::kThisMount, "/"));
    if (!tree.is_system()) TRY_STATUS(PivotInto(tree.root()));
    if (::chdir("/") != 0) return sys::LastError("chdir", "/");
    return {};
  }

 private:
  bool in_place() const { return !files_.minimal && files_.root.empty(); }
  bool has_own_dev() const { return files_.minimal || files_.private_dev; }
  bool seals_system() const { return files_.minimal || files_.read_only_system; }

  sys::Status FindRoot() {
    if (files_.root.empty()) return {};
    TRY(const Place place, FindPlace(host_, files_.root));
    if (!place.is_directory) return std::unexpected(sys::Error{"open", ENOTDIR, files_.root});
    root_path_ = place.path;
    return {};
  }

  sys::Status CollectParts() {
    TRY_STATUS(CollectData());
    if (has_own_dev()) {
      TRY(devices_, CopyDevices(host_));
    }
    for (const std::string& path : files_.read_write_paths) TRY_STATUS(CollectListed(path, false));
    for (const std::string& path : files_.read_only_paths) TRY_STATUS(CollectListed(path, true));
    // The outer ones first; what lies in them is attached on top.
    std::ranges::stable_sort(listed_, {}, [](const Part& part) {
      return std::make_pair(std::string_view(part.path), part.read_only);
    });
    return {};
  }

  // What sealing the system must leave as it is.
  sys::Status CollectData() {
    if (!request_.fresh_proc && files_.root.empty() && seals_system()) {
      TRY_STATUS(CollectIfPresent("/proc", plain_));
    }
    if (!in_place() || !files_.read_only_system) return {};
    for (const char* path : kData) TRY_STATUS(CollectIfPresent(path, plain_));
    if (files_.private_dev) return {};
    return CollectIfPresent("/dev", plain_ & ~kNoDevices);
  }

  sys::Status CollectIfPresent(const char* path, MountAttributes attributes) {
    sys::Result<Part> part = CopyPart(path, attributes);
    if (!part && IsMissing(part.error())) return {};
    if (!part) return std::unexpected(std::move(part).error());
    data_.push_back(std::move(*part));
    return {};
  }

  // A listed path is laid over the view's own /proc: the host's would show its processes, and let
  // root write the kernel's parameters.
  sys::Status CollectListed(const std::string& path, bool read_only) {
    TRY(Part part, CopyPart(path, plain_ | (read_only ? kReadOnly : 0)));
    struct statfs of{};
    if (::fstatfs(part.copy.get(), &of) != 0) return sys::LastError("fstatfs", path);
    if (of.f_type == PROC_SUPER_MAGIC) {
      return std::unexpected(sys::Error{"open_tree", EINVAL, path});
    }
    part.read_only = read_only;
    listed_.push_back(std::move(part));
    return {};
  }

  sys::Result<Part> CopyPart(const std::string& path, MountAttributes attributes) {
    TRY(Place place, FindPlace(host_, path));
    if (Inside(place.path) == "/") return std::unexpected(sys::Error{"open_tree", EINVAL, path});
    TRY(sys::UniqueFd copy, CopyTree(place.fd, "", Depth::kWithSubmounts));
    TRY_STATUS(AddAttributes(copy, attributes, Depth::kWithSubmounts, path));
    TRY(std::string written, PlainPath(path));
    return Part{std::move(place.path), std::move(written), std::move(copy),
                place.is_directory ? NodeKind::kDirectory : NodeKind::kFile};
  }

  sys::Status CollectHidden() {
    for (const std::string& path : files_.hidden_paths) {
      TRY(Place place, FindPlace(host_, path));
      if (Inside(place.path) == "/") return std::unexpected(sys::Error{"open", EINVAL, path});
      hidden_.push_back(std::move(place));
    }
    if (hidden_.empty()) return {};
    TRY(null_, FindPlace(host_, "/dev/null"));
    return {};
  }

  // That of another root, where no other is made for it.
  std::string OwnProc() const {
    return request_.fresh_proc || root_path_.empty() ? "" : root_path_ + "/proc";
  }

  // Where a path of the host is found in the view.
  std::string Inside(const std::string& path) const {
    if (root_path_.empty() || root_path_ == "/" || !LiesIn(path, root_path_)) return path;
    return path.size() == root_path_.size() ? "/" : path.substr(root_path_.size());
  }

  sys::Result<MountTree> ShapeRoot() {
    const MountAttributes sealed = plain_ | kReadOnly;
    if (files_.minimal) return MakeMinimalRoot(host_, request_.programs, plain_);
    if (!files_.root.empty()) {
      TRY(const Place place, FindExactly(host_, root_path_));
      TRY(sys::UniqueFd copy, CopyTree(place.fd, "", Depth::kWithSubmounts));
      const bool seal = files_.read_only_system && !IsData(root_path_);
      TRY_STATUS(AddAttributes(copy, seal ? sealed : plain_, Depth::kWithSubmounts, root_path_));
      return MountTree::OfTree(std::move(copy));
    }
    TRY(MountTree tree, MountTree::OfSystem());
    if (files_.read_only_system) {
      TRY_STATUS(AddAttributes(tree.root(), sealed, Depth::kWithSubmounts, "/"));
    }
    return tree;
  }

  static bool IsData(const std::string& path) {
    return std::ranges::any_of(kData, [&](const char* data) { return LiesIn(path, data); });
  }

  // Temporary files, devices and processes of its own: where the root has a place for them.
  sys::Status AddKernelParts(MountTree& tree) {
    if (files_.private_tmp) {
      for (const char* path : kTemporary) TRY_STATUS(AddTemporary(tree, path));
    }
    if (has_own_dev()) {
      TRY(const bool has_dev, HasDirectory(tree, "/dev"));
      if (has_dev) TRY_STATUS(AttachPrivateDev(tree, devices_));
    }
    TRY(const bool has_proc, HasDirectory(tree, "/proc"));
    const ProcShows shows = request_.all_processes ? ProcShows::kAll : ProcShows::kOwn;
    if (has_proc && request_.fresh_proc) TRY_STATUS(AttachFreshProc(tree, "/proc", shows));
    if (has_proc && (request_.fresh_proc || seals_system())) return ProtectProc(tree);
    return {};
  }

  static sys::Status AddTemporary(MountTree& tree, const char* path) {
    const sys::Result<Place> place = FindPlace(tree.root(), path);
    if (!place && IsMissing(place.error())) return {};
    if (!place) return std::unexpected(place.error());
    if (place->path != path && LiesIn(place->path, kTemporary[0]))
      return {};  // a link to the other
    TRY(const sys::UniqueFd temporary, MakeTemporary());
    return tree.AttachOwn(temporary, place->path);
  }

  static sys::Result<bool> HasDirectory(const MountTree& tree, const char* path) {
    const sys::Result<Place> place = FindExactly(tree.root(), path);
    if (!place && IsMissing(place.error())) return false;
    if (!place) return std::unexpected(place.error());
    return place->is_directory;
  }

  // In a minimal root the links on the way do not exist, so a path that was written with some is
  // shown there as well.
  sys::Status AttachListed(MountTree& tree, const Part& part) {
    const bool aliased = files_.minimal && part.written != part.path;
    sys::UniqueFd second;
    if (aliased) {
      TRY(second, CopyTree(part.copy, "", Depth::kWithSubmounts));
    }
    TRY_STATUS(tree.Attach(part.copy, Inside(part.path), part.kind));
    if (!aliased || Exists(tree.root(), part.written)) return {};
    return tree.Attach(second, part.written, part.kind);
  }

  // An empty directory that nobody may enter, or a device where there are no devices.
  sys::Status Hide(MountTree& tree, const Place& place) {
    const std::string path = Inside(place.path);
    const sys::Result<Place> target = FindExactly(tree.root(), path);
    if (!target && IsMissing(target.error())) return {};  // not in this view anyway
    if (!target) return std::unexpected(target.error());
    const MountAttributes nothing = kReadOnly | kNoSetuid | kNoDevices | kNoExecute;
    if (target->is_directory) {
      return CoverDirectory(target->fd, path);
    }
    TRY(const sys::UniqueFd node, CopyTree(null_.fd, "", Depth::kThisMount));
    TRY_STATUS(AddAttributes(node, nothing, Depth::kThisMount, path));
    return AttachTree(node, target->fd, path);
  }

  const ViewRequest& request_;
  const FileView& files_;
  MountAttributes plain_;
  sys::UniqueFd host_;
  std::string root_path_;
  std::vector<Part> data_, listed_;
  std::vector<Place> hidden_;
  Place null_;
  Devices devices_;
};

}  // namespace

sys::Status BuildView(const ViewRequest& request) {
  TRY_STATUS(KeepMountsToOurselves());
  return ViewBuilder(request).Build();
}

std::span<const char* const> DataDirectories() { return kData; }

}  // namespace postern::sandbox
