// SPDX-License-Identifier: BSD-2-Clause
// Files and directories, as the privileged process and its helpers use them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox::sys {

// What a path below `root` names (O_PATH), looked up as openat2(2)'s `resolve` says. Where a rename
// or a mount elsewhere kept the kernel from being sure of a "..", it is asked again; EAGAIN when
// that happens time after time.
Result<UniqueFd> OpenPathAt(const UniqueFd& root, const std::string& path, std::uint64_t resolve);

// A regular file for reading. Never blocks on a FIFO or a device: anything but a regular file is
// refused (EINVAL).
Result<UniqueFd> OpenRegularFile(const std::string& path);

// A log file: created 0644 when missing, opened for appending, never blocking. A FIFO or a
// character device will do (/dev/stdout in a container); a block device is refused (EINVAL).
Result<UniqueFd> OpenForAppend(const std::string& path);

// A new file that did not exist before, not following links: pid files, state dumps.
Result<UniqueFd> CreateNewFile(const std::string& path, std::uint32_t mode);

Result<std::string> ReadAll(const UniqueFd& fd, std::size_t max_bytes);  // EFBIG beyond max_bytes
// A regular file, or the null device, which people put in the place of an empty one.
Result<std::string> ReadFile(const std::string& path, std::size_t max_bytes);

// Reads at a place of the caller's own, whatever the shared file position (pread(2)); 0 is the end.
Result<std::size_t> ReadAt(const UniqueFd& fd, std::uint64_t offset, std::span<std::byte> buffer);

// Writes everything or fails; for files, where a write does not block on a peer.
Status WriteAll(const UniqueFd& fd, std::string_view bytes);

// Reads once, at most as much as the buffer holds; 0 is the end (read(2)).
Result<std::size_t> ReadSome(const UniqueFd& fd, std::span<std::byte> buffer);

// Writes once; returns how much went. What a full disk did not take is the caller's to judge.
Result<std::size_t> WriteSome(const UniqueFd& fd, std::string_view bytes);

Result<std::uint64_t> FileSize(const UniqueFd& fd);
Status Remove(const std::string& path);  // unlink(2)
Status Rename(const std::string& from, const std::string& to);
Result<std::string> RealPath(const std::string& path);
Result<std::string> CurrentDirectory();

struct DirectoryEntry {
  std::string name;
  bool is_regular = false;  // after following links
};
Result<std::vector<DirectoryEntry>> ListDirectory(const std::string& path);

struct FileKind {
  bool regular = false;
  bool directory = false;
  std::uint32_t mode = 0;  // permission bits, setuid and setgid included
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  bool socket = false;
};
// What of stat(2) changes whenever a file does. Times are in nanoseconds since the epoch.
struct FileStamp {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t modified = 0, changed = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};
Result<FileStamp> StampOf(const std::string& path);
Result<FileStamp> StampOf(const UniqueFd& fd);
// The time on the clock that stamps are taken from. A stamp may be as much as a tick old when it is
// made, so two changes within FileClockTick() can leave the same one.
std::int64_t FileClock();
std::int64_t FileClockTick();

Result<FileKind> Inspect(const std::string& path);
Result<FileKind> Inspect(const UniqueFd& fd);
bool IsExecutable(const std::string& path);  // access(2) X_OK
// Whether execve(2) of it may add capabilities (setcap(8)); false where that cannot be read.
bool HasFileCapabilities(const std::string& path);

}  // namespace postern::sandbox::sys
