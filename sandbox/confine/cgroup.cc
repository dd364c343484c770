// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/cgroup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "sandbox/confine/open_path.h"
#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"
#include "sandbox/sys/process_tree.h"

namespace postern::sandbox {
namespace {

constexpr std::size_t kMostText = std::size_t{16} << 20;
constexpr const char* kGroupOfAll = "postern";
constexpr const char* kGroupOfDaemon = "@daemon";
constexpr std::uint64_t kPeriod = 100'000;  // microseconds, the kernel's default
constexpr std::uint64_t kLargestPage = 65536;

sys::Result<std::string> ReadControl(const sys::UniqueFd& directory, const char* name) {
  const sys::UniqueFd file(::openat(directory.get(), name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file) return sys::LastError("open", name);
  return sys::ReadAll(file, kMostText);
}

sys::Status WriteControl(const sys::UniqueFd& directory, const char* name,
                         const std::string& value) {
  const sys::UniqueFd file(::openat(directory.get(), name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file) return sys::LastError("open", name);
  if (::write(file.get(), value.data(), value.size()) < 0) return sys::LastError("write", name);
  return {};
}

sys::Result<sys::UniqueFd> OpenGroup(const sys::UniqueFd& parent, const std::string& name) {
  sys::UniqueFd group(
      ::openat(parent.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!group) return sys::LastError("open", name);
  return group;
}

sys::Result<sys::UniqueFd> MakeGroup(const sys::UniqueFd& parent, const std::string& name) {
  if (::mkdirat(parent.get(), name.c_str(), 0755) != 0 && errno != EEXIST) {
    return sys::LastError("mkdir", name);
  }
  return OpenGroup(parent, name);
}

// Without empty ones.
std::vector<std::string_view> Parts(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  for (std::size_t at = text.find_first_not_of(separators); at != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(separators, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(separators, end);
  }
  return parts;
}

std::vector<std::string_view> Words(std::string_view text) { return Parts(text, " \t\n"); }

std::optional<std::uint64_t> FirstNumber(std::string_view text) {
  const std::vector<std::string_view> words = Words(text);
  std::uint64_t number = 0;
  if (words.empty()) return std::nullopt;
  const char* const end = words[0].data() + words[0].size();
  const auto [stop, error] = std::from_chars(words[0].data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

bool Contains(const std::vector<std::string>& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

// "4:memory:/own/group" of the hierarchy that `mount` shows; "0::/own/group" for version 2.
std::optional<std::string> OwnGroup(std::string_view membership, const CgroupMount& mount) {
  for (const std::string_view line : Parts(membership, "\n")) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', std::min(first, line.size()) + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    const std::string_view names = line.substr(first + 1, second - first - 1);
    const bool same = mount.unified ? names.empty()
                                    : !names.empty() && Contains(mount.controllers,
                                                                 names.substr(0, names.find(',')));
    if (same) return std::string(line.substr(second + 1));
  }
  return std::nullopt;
}

// The caller's own group, or the one it stepped aside from.
sys::Result<sys::UniqueFd> OpenOwnGroup(const CgroupMount& mount, const CgroupSource& source) {
  TRY(const std::string membership, sys::ReadFile(source.membership, kMostText));
  std::optional<std::string> own = OwnGroup(membership, mount);
  if (!own || !LiesIn(*own, mount.root)) {
    return std::unexpected(sys::Error{"open", ENOENT, mount.path});
  }
  const std::string aside = std::string("/") + kGroupOfAll + "/" + kGroupOfDaemon;
  if (own->ends_with(aside)) own->resize(own->size() - aside.size());
  const std::string below = mount.root == "/" ? *own : own->substr(mount.root.size());
  TRY(const sys::UniqueFd top, OpenDirectory(mount.path));
  TRY(const Place place, FindExactly(top, below));
  return OpenGroup(place.fd, ".");
}

sys::Result<std::vector<CgroupMount>> MountsOf(const CgroupSource& source) {
  TRY(const std::string text, sys::ReadFile(source.mounts, kMostText));
  return ParseCgroupMounts(text);
}

std::vector<std::string> Needed(const CgroupLimits& limits) {
  std::vector<std::string> controllers;
  if (limits.memory_max) controllers.emplace_back("memory");
  if (limits.tasks_max) controllers.emplace_back("pids");
  if (limits.cpu_percent) controllers.emplace_back("cpu");
  return controllers;
}

sys::Status HandOn(const sys::UniqueFd& group, const std::vector<std::string>& controllers) {
  for (const std::string& controller : controllers) {
    TRY_STATUS(WriteControl(group, "cgroup.subtree_control", "+" + controller));
  }
  return {};
}

}  // namespace

std::string CgroupName(std::string_view service) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string name;
  for (const char c : service) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || (c == '.' && !name.empty());
    if (plain) {
      name += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    name += {'=', kHex[byte >> 4U], kHex[byte & 15U]};
  }
  return name.empty() ? "=" : name;
}

sys::Result<ServiceCgroup> ServiceCgroup::Make(std::string_view service, const CgroupLimits& limits,
                                               const CgroupSource& source) {
  TRY(const std::vector<CgroupMount> mounts, MountsOf(source));
  ServiceCgroup cgroup;
  cgroup.name_ = CgroupName(service);
  std::vector<std::string> left = Needed(limits);
  const CgroupMount* unified = nullptr;
  for (const CgroupMount& mount : mounts) {
    if (mount.unified) unified = &mount;
    std::vector<std::string> here;
    std::erase_if(left, [&](const std::string& controller) {
      const bool found = Contains(mount.controllers, controller);
      if (found) here.push_back(controller);
      return found;
    });
    if (!here.empty()) TRY_STATUS(cgroup.AddGroup(mount, std::move(here), source));
  }
  if (left.empty()) return cgroup;
  if (unified == nullptr) return std::unexpected(sys::Error{"cgroup", ENOENT, left.front()});
  TRY_STATUS(cgroup.AddGroup(*unified, std::move(left), source));
  return cgroup;
}

sys::Status ServiceCgroup::AddGroup(const CgroupMount& mount, std::vector<std::string> controllers,
                                    const CgroupSource& source) {
  TRY(const sys::UniqueFd own, OpenOwnGroup(mount, source));
  if (mount.unified) {
    TRY(const std::string offered, ReadControl(own, "cgroup.controllers"));
    const std::vector<std::string_view> words = Words(offered);
    for (const std::string& controller : controllers) {
      const bool found = std::ranges::find(words, controller) != words.end();
      if (!found) return std::unexpected(sys::Error{"cgroup", ENOENT, controller});
    }
    TRY_STATUS(HandOn(own, controllers));
  }
  Group group;
  group.unified = mount.unified;
  group.controllers = std::move(controllers);
  TRY(group.parent, MakeGroup(own, kGroupOfAll));
  if (mount.unified) TRY_STATUS(HandOn(group.parent, group.controllers));
  TRY(group.directory, MakeGroup(group.parent, name_));
  groups_.push_back(std::move(group));
  return {};
}

const ServiceCgroup::Group* ServiceCgroup::With(std::string_view controller) const {
  for (const Group& group : groups_) {
    if (Contains(group.controllers, controller)) return &group;
  }
  return nullptr;
}

// Writes, and reads back: the kernel rounds memory down to pages, and nothing else.
sys::Status ServiceCgroup::Limit(const char* controller, const char* v1_file, const char* v2_file,
                                 const std::string& value) {
  const Group* group = With(controller);
  if (group == nullptr) return std::unexpected(sys::Error{"cgroup", ENOENT, controller});
  const char* const file = group->unified ? v2_file : v1_file;
  TRY_STATUS(WriteControl(group->directory, file, value));
  TRY(const std::string text, ReadControl(group->directory, file));
  const std::uint64_t wanted = FirstNumber(value).value_or(0);
  const std::optional<std::uint64_t> now = FirstNumber(text);
  if (!now || *now > wanted || wanted - *now >= kLargestPage) {
    return std::unexpected(sys::Error{"write", ERANGE, file});
  }
  return {};
}

sys::Status ServiceCgroup::SetLimits(const CgroupLimits& limits) {
  if (limits.memory_max) {
    TRY_STATUS(
        Limit("memory", "memory.limit_in_bytes", "memory.max", std::to_string(*limits.memory_max)));
  }
  if (limits.tasks_max) {
    TRY_STATUS(Limit("pids", "pids.max", "pids.max", std::to_string(*limits.tasks_max)));
  }
  if (!limits.cpu_percent) return {};
  const std::string quota = std::to_string(*limits.cpu_percent * (kPeriod / 100));
  const Group* group = With("cpu");
  if (group != nullptr && !group->unified) {
    TRY_STATUS(WriteControl(group->directory, "cpu.cfs_period_us", std::to_string(kPeriod)));
    return Limit("cpu", "cpu.cfs_quota_us", "", quota);
  }
  return Limit("cpu", "", "cpu.max", quota + " " + std::to_string(kPeriod));
}

sys::Status ServiceCgroup::EnterSelf() {
  // "0" is the writer itself, whatever its number is in which pid namespace.
  for (const Group& group : groups_) TRY_STATUS(WriteControl(group.directory, "cgroup.procs", "0"));
  return {};
}

sys::Status ServiceCgroup::Remove() {
  for (const Group& group : groups_) {
    if (::unlinkat(group.parent.get(), name_.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
      return sys::LastError("rmdir", name_);
    }
  }
  return {};
}

namespace {

// What the caller has started by now, as far as it is in the group. It goes on starting more while
// this reads, but those follow it to where it is.
sys::Status MoveOffspring(const sys::UniqueFd& from, const sys::UniqueFd& to) {
  TRY(const std::string text, ReadControl(from, "cgroup.procs"));
  const std::vector<std::string_view> members = Words(text);
  TRY(const std::vector<pid_t> offspring, sys::ProcessTree(sys::OwnPid()));
  for (const pid_t pid : offspring) {
    const std::string number = std::to_string(pid);
    if (std::ranges::find(members, number) == members.end()) continue;
    const auto moved = WriteControl(to, "cgroup.procs", number);
    if (!moved && moved.error().number != ESRCH) return moved;
  }
  return {};
}

}  // namespace

sys::Status StepAsideInCgroup(const CgroupSource& source) {
  TRY(const std::vector<CgroupMount> mounts, MountsOf(source));
  for (const CgroupMount& mount : mounts) {
    if (!mount.unified) continue;
    TRY(const sys::UniqueFd own, OpenOwnGroup(mount, source));
    TRY(const std::string offered, ReadControl(own, "cgroup.controllers"));
    if (Words(offered).empty()) continue;
    TRY(const sys::UniqueFd all, MakeGroup(own, kGroupOfAll));
    TRY(const sys::UniqueFd aside, MakeGroup(all, kGroupOfDaemon));
    TRY_STATUS(WriteControl(aside, "cgroup.procs", "0"));
    TRY_STATUS(MoveOffspring(own, aside));
  }
  return {};
}

sys::Result<std::string> FindController(std::string_view controller, const CgroupSource& source) {
  TRY(const std::vector<CgroupMount> mounts, MountsOf(source));
  for (const CgroupMount& mount : mounts) {
    if (!mount.unified && !Contains(mount.controllers, controller)) continue;
    TRY(const sys::UniqueFd own, OpenOwnGroup(mount, source));
    if (mount.unified) {
      TRY(const std::string offered, ReadControl(own, "cgroup.controllers"));
      const std::vector<std::string_view> words = Words(offered);
      if (std::ranges::find(words, controller) == words.end()) continue;
    }
    if (::faccessat(own.get(), ".", W_OK | X_OK, AT_EACCESS) != 0) {
      return sys::LastError("access", mount.path);
    }
    return (mount.unified ? "version 2, " : "version 1, ") + mount.path;
  }
  return std::unexpected(sys::Error{"cgroup", ENOENT, std::string(controller)});
}

}  // namespace postern::sandbox
