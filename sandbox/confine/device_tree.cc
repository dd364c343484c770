// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/device_tree.h"

#include <limits.h>
#include <unistd.h>

#include <utility>

namespace postern::sandbox {
namespace {

constexpr const char* kDevices[] = {"/dev/null",   "/dev/zero",    "/dev/full",
                                    "/dev/random", "/dev/urandom", "/dev/tty"};
constexpr std::pair<const char*, const char*> kLinks[] = {{"/dev/fd", "/proc/self/fd"},
                                                          {"/dev/stdin", "/proc/self/fd/0"},
                                                          {"/dev/stdout", "/proc/self/fd/1"},
                                                          {"/dev/stderr", "/proc/self/fd/2"},
                                                          {"/dev/ptmx", "pts/ptmx"}};
constexpr const char* kSystemLog = "/dev/log";
// runc's list of what to write-protect, but for parts that are about processes.
constexpr const char* kKernelParameters[] = {
    "/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs", "/proc/acpi"};

sys::Status CopyNode(const sys::UniqueFd& host, const char* path, Devices& devices) {
  TRY(const Place place, FindPlace(host, path));
  TRY(sys::UniqueFd tree, CopyTree(place.fd, "", Depth::kThisMount));
  TRY_STATUS(AddAttributes(tree, kNoSetuid | kNoExecute, Depth::kThisMount, path));
  devices.nodes.push_back({path, std::move(tree)});
  return {};
}

// The log daemon replaces its socket when it restarts, so a link to it is kept a link.
sys::Status CopySystemLog(const sys::UniqueFd& host, Devices& devices) {
  TRY(const Place dev, FindPlace(host, "/dev"));
  char target[PATH_MAX];
  const ssize_t size = ::readlinkat(dev.fd.get(), "log", target, sizeof target);
  if (size > 0) {
    devices.log_link.assign(target, static_cast<std::size_t>(size));
    return {};
  }
  if (errno == ENOENT) return {};
  if (errno != EINVAL) return sys::LastError("readlink", kSystemLog);
  return CopyNode(host, kSystemLog, devices);
}

sys::Status FillDev(MountTree& tree, const Devices& devices) {
  for (const Devices::Node& node : devices.nodes) {
    TRY_STATUS(tree.Attach(node.tree, node.path, NodeKind::kFile));
  }
  for (const auto& [path, target] : kLinks) TRY_STATUS(tree.MakeLink(path, target));
  if (!devices.log_link.empty()) TRY_STATUS(tree.MakeLink(kSystemLog, devices.log_link));
  TRY(const sys::UniqueFd terminals,
      MakeFileSystem("devpts", {{"mode", "620"}, {"ptmxmode", "666"}}, kNoSetuid | kNoExecute));
  TRY_STATUS(tree.Attach(terminals, "/dev/pts", NodeKind::kDirectory));
  TRY(const sys::UniqueFd memory, MakeTemporary());
  return tree.AttachOwn(memory, "/dev/shm");
}

}  // namespace

sys::Result<Devices> CopyDevices(const sys::UniqueFd& host) {
  Devices devices;
  for (const char* path : kDevices) TRY_STATUS(CopyNode(host, path, devices));
  TRY_STATUS(CopySystemLog(host, devices));
  return devices;
}

sys::Status AttachPrivateDev(MountTree& tree, const Devices& devices) {
  TRY(const sys::UniqueFd dev,
      MakeFileSystem("tmpfs", {{"mode", "755"}, {"size", "64k"}, {"nr_inodes", "64"}},
                     kNoSetuid | kNoDevices | kNoExecute));
  TRY_STATUS(tree.AttachOwn(dev, "/dev"));
  TRY_STATUS(FillDev(tree, devices));
  return AddAttributes(dev, kReadOnly, Depth::kThisMount, "/dev");
}

sys::Status AttachFreshProc(MountTree& tree, const std::string& path, ProcShows shows) {
  const char* const hidden = shows == ProcShows::kAll ? "off" : "ptraceable";
  TRY(const sys::UniqueFd proc,
      MakeFileSystem("proc", {{"hidepid", hidden}}, kNoSetuid | kNoDevices | kNoExecute));
  return tree.Attach(proc, path, NodeKind::kDirectory);
}

sys::Status ProtectProc(MountTree& tree) {
  for (const char* path : kKernelParameters) {
    const sys::Result<Place> place = FindExactly(tree.root(), path);
    if (!place && IsMissing(place.error())) continue;
    if (!place) return std::unexpected(place.error());
    TRY(const sys::UniqueFd copy, CopyTree(place->fd, "", Depth::kWithSubmounts));
    TRY_STATUS(AddAttributes(copy, kReadOnly, Depth::kWithSubmounts, path));
    TRY_STATUS(AttachTree(copy, place->fd, path));
  }
  return {};
}

sys::Result<sys::UniqueFd> MakeTemporary() {
  return MakeFileSystem("tmpfs", {{"mode", "1777"}, {"size", "10%"}, {"nr_inodes", "65536"}},
                        kNoSetuid | kNoDevices);
}

}  // namespace postern::sandbox
