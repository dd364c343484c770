// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/access/hosts_files.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "policy/base/file_limits.h"
#include "sandbox/sys/files.h"
#include "wrapper/lookup/interfaces.h"

namespace postern::wrapper {
namespace {

namespace sys = sandbox::sys;
using policy::hosts::HostsPolicy;
using policy::hosts::Presence;
using policy::hosts::SourceFile;

// File systems whose stamps have whole seconds, two of them on FAT.
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kCoarseStamps = 3 * kSecond;
// Whatever the tick of the clock is, an edit is never that close to the one before.
constexpr std::int64_t kYoungest = 20'000'000;

// One file as it was when it was read, or that it was not there.
struct Seen {
  std::string path;
  std::optional<sys::FileStamp> stamp;  // nullopt: could not be looked at
  int error = 0;                        // errno of that
  // Another change may leave the same stamp, so the stamp alone does not tell.
  bool too_young = false;
  // What kept it from being read may pass without a change of the file: no descriptor was free, or
  // the process was somebody else at the time.
  bool may_pass = false;
};

bool IsTooYoung(const sys::FileStamp& stamp, std::int64_t now) {
  const bool coarse = stamp.changed % kSecond == 0;
  const std::int64_t window =
      coarse ? kCoarseStamps : std::max(2 * sys::FileClockTick(), kYoungest);
  // A stamp from the future is as young as can be: the next one may be made at the same time.
  return now - stamp.changed < window;
}

Seen Look(const std::string& path) {
  Seen seen{.path = path, .stamp = {}, .error = 0, .too_young = false, .may_pass = false};
  const std::int64_t now = sys::FileClock();
  if (const auto stamp = sys::StampOf(path)) {
    seen.stamp = *stamp;
    seen.too_young = IsTooYoung(*stamp, now);
  } else {
    seen.error = stamp.error().number;
  }
  return seen;
}

bool AreAlike(const Seen& a, const Seen& b) {
  return a.path == b.path && a.stamp == b.stamp && a.error == b.error;
}

bool IsUnchanged(const Seen& before) {
  if (before.too_young || before.may_pass) return false;
  const auto stamp = sys::StampOf(before.path);
  if (!stamp) return !before.stamp && stamp.error().number == before.error;
  return before.stamp == *stamp;
}

// Where it cannot be asked now, what it was asked last stands.
bool AreUnchanged(const std::map<std::string, Presence>& interfaces) {
  return std::ranges::all_of(interfaces, [](const auto& interface) {
    const Presence now = InterfacePresence(interface.first);
    return now == Presence::kUntold || now == interface.second;
  });
}

SourceFile Unreadable(std::string reason) {
  return {.state = SourceFile::State::kUnreadable, .content = {}, .reason = std::move(reason)};
}

std::string ReasonOf(const sys::Error& error) {
  if (error.number == EFBIG) return policy::LargerThan(policy::kMaxPolicyBytes);
  if (error.number == EINVAL) return "not a regular file";
  return sys::ErrnoMessage(error.number);
}

SourceFile SourceFrom(sys::Result<std::string> content) {
  if (content) {
    return {.state = SourceFile::State::kRead, .content = std::move(*content), .reason = {}};
  }
  if (content.error().number == ENOENT) return {};
  return Unreadable(ReasonOf(content.error()));
}

bool IsLasting(int error) {
  return error == EINVAL || error == EFBIG || error == ELOOP || error == ENOTDIR || error == ENOENT;
}

}  // namespace

SourceFile ReadSourceFile(const std::string& path) {
  return SourceFrom(sys::ReadFile(path, policy::kMaxPolicyBytes));
}

struct HostsFiles::Snapshot {
  HostsVersion version;
  std::vector<Seen> files;
};

HostsFiles::HostsFiles(policy::hosts::TablePaths paths) : paths_(std::move(paths)) {}
HostsFiles::~HostsFiles() = default;

HostsVersion HostsFiles::CurrentVersion() {
  const auto kept = snapshot_.load();
  if (kept && std::ranges::all_of(kept->files, IsUnchanged) &&
      AreUnchanged(kept->version.policy->interfaces())) {
    return kept->version;
  }
  auto fresh = std::make_shared<Snapshot>();
  const auto read = [&fresh](const std::string& path) {
    // Looked at before it is read: what changes meanwhile differs from this at the next look.
    fresh->files.push_back(Look(path));
    auto content = sys::ReadFile(path, policy::kMaxPolicyBytes);
    fresh->files.back().may_pass = !content && !IsLasting(content.error().number);
    return SourceFrom(std::move(content));
  };
  fresh->version.policy = HostsPolicy::Compile(paths_, read, InterfacePresence);
  // What was read again only because its stamp is not to be trusted is no other version.
  const bool same = kept && std::ranges::equal(kept->files, fresh->files, AreAlike);
  fresh->version.told = same ? kept->version.told : std::make_shared<ToldOnce>();
  snapshot_.store(fresh);
  return fresh->version;
}

}  // namespace postern::wrapper
