// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/namespaces.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/stat.h>
#include <time.h>

#include <string>

#include "sandbox/sys/files.h"

namespace postern::sandbox {
namespace {

struct Row {
  Namespace kind;
  const char* text;
  const char* file;
  int flag;
};
constexpr Row kRows[] = {
    {Namespace::kUser, "user", "ns/user", CLONE_NEWUSER},
    {Namespace::kMount, "mount", "ns/mnt", CLONE_NEWNS},
    {Namespace::kPid, "pid", "ns/pid", CLONE_NEWPID},
    {Namespace::kNet, "net", "ns/net", CLONE_NEWNET},
    {Namespace::kIpc, "ipc", "ns/ipc", CLONE_NEWIPC},
    {Namespace::kUts, "uts", "ns/uts", CLONE_NEWUTS},
    {Namespace::kCgroup, "cgroup", "ns/cgroup", CLONE_NEWCGROUP},
    {Namespace::kTime, "time", "ns/time_for_children", CLONE_NEWTIME},
};
static_assert(std::size(kRows) == kAllNamespaces.size());

const Row& RowOf(Namespace kind) { return kRows[static_cast<std::size_t>(kind)]; }

sys::Result<std::string> OffsetLine(const char* name, clockid_t clock) {
  timespec now{};
  if (::clock_gettime(clock, &now) != 0) return sys::LastError("clock_gettime", name);
  return std::string(name) + " " + std::to_string(-now.tv_sec) + " 0\n";
}

}  // namespace

std::string_view NamespaceText(Namespace kind) { return RowOf(kind).text; }

sys::Result<NamespaceIds> ReadNamespaces(const sys::UniqueFd& own_process) {
  NamespaceIds ids;
  for (const Row& row : kRows) {
    struct stat status{};
    if (::fstatat(own_process.get(), row.file, &status, 0) == 0) {
      ids.Set(row.kind, status.st_ino);
    } else if (errno != ENOENT) {
      return sys::LastError("stat", row.file);
    }
  }
  return ids;
}

sys::Status LeaveNamespace(Namespace kind) {
  const Row& row = RowOf(kind);
  if (::unshare(row.flag) != 0) return sys::LastError("unshare", row.text);
  return {};
}

sys::Status HideBootTime(const sys::UniqueFd& own_process) {
  const char* const name = "timens_offsets";
  TRY(const std::string monotonic, OffsetLine("monotonic", CLOCK_MONOTONIC));
  TRY(const std::string boottime, OffsetLine("boottime", CLOCK_BOOTTIME));
  const sys::UniqueFd file(::openat(own_process.get(), name, O_WRONLY | O_CLOEXEC));
  if (!file) return sys::LastError("open", name);
  return sys::WriteAll(file, monotonic + boottime);
}

}  // namespace postern::sandbox
