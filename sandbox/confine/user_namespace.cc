// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/user_namespace.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "sandbox/confine/namespaces.h"
#include "sandbox/sys/files.h"

namespace postern::sandbox {
namespace {

// What the sibling did, in its order; a failure is told as step and errno.
constexpr std::array kMapFiles = {"setgroups", "gid_map", "uid_map"};

struct MapReport {
  std::uint32_t file = 0;  // index into kMapFiles
  std::int32_t error = 0;  // 0: all written
};

struct Maps {
  std::string groups, users;
};

Maps MapsOf(const Identity& identity) {
  std::vector<std::uint32_t> groups = identity.groups;
  groups.push_back(identity.gid);
  return {IdentityMap(std::move(groups)), IdentityMap({identity.uid})};
}

// A map is written with one write(2) or not at all.
int WriteFile(const sys::UniqueFd& process, const char* name, std::string_view text) {
  const sys::UniqueFd file(::openat(process.get(), name, O_WRONLY | O_CLOEXEC));
  if (!file) return errno;
  const ssize_t written = ::write(file.get(), text.data(), text.size());
  if (written < 0) return errno;
  return static_cast<std::size_t>(written) == text.size() ? 0 : EIO;
}

MapReport WriteMaps(const sys::UniqueFd& process, const Maps& maps) {
  const std::array<std::string_view, kMapFiles.size()> contents = {"deny", maps.groups, maps.users};
  for (std::uint32_t file = 0; file < kMapFiles.size(); ++file) {
    const int error = WriteFile(process, kMapFiles[file], contents[file]);
    if (error != 0) return {file, error};
  }
  return {};
}

sys::Status StatusOf(const MapReport& report) {
  if (report.error == 0) return {};
  const char* const name = report.file < kMapFiles.size() ? kMapFiles[report.file] : "?";
  return std::unexpected(sys::Error{"write", report.error, name});
}

// The sibling: waits for the word that the namespace is there, and ends. End of file instead of the
// word means that it will not come.
[[noreturn]] void WriteMapsWhenTold(const sys::UniqueFd& channel, const sys::UniqueFd& process,
                                    const Maps& maps) {
  char word = 0;
  if (::recv(channel.get(), &word, sizeof word, 0) != sizeof word) ::_exit(1);
  const MapReport report = WriteMaps(process, maps);
  const bool told = ::send(channel.get(), &report, sizeof report, MSG_NOSIGNAL) == sizeof report;
  ::_exit(told && report.error == 0 ? 0 : 1);
}

sys::Status AskForMaps(const sys::UniqueFd& channel) {
  TRY_STATUS(LeaveNamespace(Namespace::kUser));
  if (::send(channel.get(), "!", 1, MSG_NOSIGNAL) != 1) return sys::LastError("send", "user map");
  MapReport report;
  const ssize_t size = ::recv(channel.get(), &report, sizeof report, 0);
  if (size < 0) return sys::LastError("recv", "user map");
  if (size != sizeof report) return std::unexpected(sys::Error{"recv", EPROTO, "user map"});
  return StatusOf(report);
}

}  // namespace

std::string IdentityMap(std::vector<std::uint32_t> ids) {
  std::ranges::sort(ids);
  const auto repeated = std::ranges::unique(ids);
  ids.erase(repeated.begin(), repeated.end());
  std::string map;
  for (std::size_t first = 0; first < ids.size();) {
    std::size_t count = 1;
    while (first + count < ids.size() && ids[first + count] == ids[first] + count) ++count;
    const std::string id = std::to_string(ids[first]);
    map += id + " " + id + " " + std::to_string(count) + "\n";
    first += count;
  }
  return map;
}

sys::Status EnterUserNamespace(const sys::UniqueFd& own_process, const Identity& identity) {
  const Maps maps = MapsOf(identity);
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return sys::LastError("socketpair");
  }
  sys::UniqueFd ours(ends[0]), theirs(ends[1]);
  const pid_t sibling = ::fork();
  if (sibling < 0) return sys::LastError("fork");
  if (sibling == 0) {
    ours.Reset();
    WriteMapsWhenTold(theirs, own_process, maps);
  }
  theirs.Reset();
  const sys::Status mapped = AskForMaps(ours);
  ours.Reset();  // without a word by now, this ends the sibling
  siginfo_t end{};
  if (::waitid(P_PID, static_cast<id_t>(sibling), &end, WEXITED) != 0)
    return sys::LastError("waitid");
  return mapped;
}

sys::Status EnterUserNamespaceUnprivileged(const sys::UniqueFd& own_process,
                                           const Identity& identity) {
  TRY_STATUS(LeaveNamespace(Namespace::kUser));
  return StatusOf(WriteMaps(own_process, MapsOf({false, identity.uid, identity.gid, {}})));
}

}  // namespace postern::sandbox
