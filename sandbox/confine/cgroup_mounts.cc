// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/cgroup_mounts.h"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>

#include "sandbox/confine/mount_calls.h"
#include "sandbox/confine/open_path.h"
#include "sandbox/sys/files.h"

namespace postern::sandbox {
namespace {

constexpr std::size_t kMostMountinfo = std::size_t{16} << 20;

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

bool IsOctal(char c) { return c >= '0' && c <= '7'; }

// The kernel writes blanks and backslashes of a path as \ooo.
std::string Unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool escaped = text[at] == '\\' && text.size() - at > 3 && IsOctal(text[at + 1]) &&
                         IsOctal(text[at + 2]) && IsOctal(text[at + 3]);
    if (!escaped) {
      plain += text[at];
      continue;
    }
    const int code = (text[at + 1] - '0') * 64 + (text[at + 2] - '0') * 8 + (text[at + 3] - '0');
    plain += static_cast<char>(code);
    at += 3;
  }
  return plain;
}

// "36 35 0:31 /root /mount/point rw,relatime [optional…] - type source options"
void ParseLine(std::string_view line, std::vector<CgroupMount>& mounts) {
  const std::vector<std::string_view> words = Split(line, ' ');
  const auto dash = std::ranges::find(words, "-");
  if (words.size() < 6 || words.end() - dash < 4) return;
  if (dash[1] != "cgroup" && dash[1] != "cgroup2") return;
  CgroupMount mount;
  mount.root = Unescaped(words[3]);
  mount.path = Unescaped(words[4]);
  mount.unified = dash[1] == "cgroup2";
  for (const std::string_view option : Split(dash[3], ',')) {
    if (!mount.unified) mount.controllers.emplace_back(option);
  }
  mounts.push_back(std::move(mount));
}

// What another mount lies upon cannot be reached, and must not be taken for it.
sys::Result<bool> IsCgroupFs(const sys::UniqueFd& place) {
  struct statfs status{};
  if (::fstatfs(place.get(), &status) != 0) return sys::LastError("fstatfs", "cgroup");
  return status.f_type == CGROUP_SUPER_MAGIC || status.f_type == CGROUP2_SUPER_MAGIC;
}

}  // namespace

std::vector<CgroupMount> ParseCgroupMounts(std::string_view mountinfo) {
  std::vector<CgroupMount> mounts;
  for (const std::string_view line : Split(mountinfo, '\n')) ParseLine(line, mounts);
  return mounts;
}

sys::Status ProtectCgroupMounts(const sys::UniqueFd& root) {
  TRY(const std::string text, sys::ReadFile("/proc/self/mountinfo", kMostMountinfo));
  for (const CgroupMount& mount : ParseCgroupMounts(text)) {
    const sys::Result<Place> place = FindExactly(root, mount.path);
    if (!place && IsMissing(place.error())) continue;
    if (!place) return std::unexpected(place.error());
    TRY(const bool visible, IsCgroupFs(place->fd));
    if (visible) TRY_STATUS(AddAttributes(place->fd, kReadOnly, Depth::kThisMount, mount.path));
  }
  return {};
}

}  // namespace postern::sandbox
