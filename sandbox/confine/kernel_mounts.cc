// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/kernel_mounts.h"

#include <sys/stat.h>

#include <algorithm>
#include <string_view>

#include "sandbox/confine/mount_calls.h"
#include "sandbox/confine/mountinfo.h"
#include "sandbox/confine/open_path.h"
#include "sandbox/sys/files.h"

namespace postern::sandbox {
namespace {

constexpr std::string_view kKernelTypes[] = {
    "binfmt_misc", "bpf",     "configfs",   "debugfs",   "efivarfs", "fusectl", "nfsd",   "proc",
    "pstore",      "resctrl", "securityfs", "selinuxfs", "smackfs",  "sysfs",   "tracefs"};

enum class Change : std::uint8_t { kNone, kReadOnly, kCovered };

Change ChangeOf(const Mount& mount, const std::string& own_proc) {
  if (mount.type == "cgroup" || mount.type == "cgroup2") return Change::kReadOnly;
  if (std::ranges::find(kKernelTypes, mount.type) == std::end(kKernelTypes)) return Change::kNone;
  for (const char* place : {"/proc", "/sys", "/dev"}) {
    if (LiesIn(mount.path, place)) return Change::kNone;
  }
  if (!own_proc.empty() && LiesIn(mount.path, own_proc)) return Change::kNone;
  return mount.type == "proc" ? Change::kCovered : Change::kReadOnly;
}

// What another mount lies upon cannot be reached, and must not be taken for it.
sys::Result<bool> IsOf(const Place& place, const Mount& mount) {
  struct stat status{};
  if (::fstat(place.fd.get(), &status) != 0) return sys::LastError("fstat", mount.path);
  return status.st_dev == mount.device;
}

// Of a bind mount the place may be a file.
sys::Status Cover(const Place& place, const std::string& path) {
  const MountAttributes nothing = kReadOnly | kNoSetuid | kNoDevices | kNoExecute;
  TRY_STATUS(AddAttributes(place.fd, nothing, Depth::kThisMount, path));
  if (!place.is_directory) return {};
  return CoverDirectory(place.fd, path);
}

}  // namespace

sys::Status ProtectKernelMounts(const sys::UniqueFd& root, const std::string& own_proc) {
  TRY(const std::string text, sys::ReadFile("/proc/self/mountinfo", kMostMountinfo));
  for (const Mount& mount : ParseMountinfo(text)) {
    const Change change = ChangeOf(mount, own_proc);
    if (change == Change::kNone) continue;
    const sys::Result<Place> place = FindExactly(root, mount.path);
    if (!place && IsMissing(place.error())) continue;
    if (!place) return std::unexpected(place.error());
    TRY(const bool visible, IsOf(*place, mount));
    if (!visible) continue;
    TRY_STATUS(change == Change::kCovered
                   ? Cover(*place, mount.path)
                   : AddAttributes(place->fd, kReadOnly, Depth::kThisMount, mount.path));
  }
  return {};
}

}  // namespace postern::sandbox
