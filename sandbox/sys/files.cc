// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/files.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <ctime>
#include <memory>

#include "sandbox/sys/directory.h"

namespace postern::sandbox::sys {
namespace {

bool IsRegular(const struct stat& status) { return S_ISREG(status.st_mode); }

bool IsRegularOrNull(const struct stat& status) {
  constexpr unsigned kMemoryDevices = 1, kNull = 3;  // null(4)
  const bool null = S_ISCHR(status.st_mode) && status.st_rdev == ::makedev(kMemoryDevices, kNull);
  return null || IsRegular(status);
}

Result<UniqueFd> OpenForReading(const std::string& path, bool (*will_do)(const struct stat&)) {
  // O_NONBLOCK: opening a FIFO without a writer would otherwise block the whole daemon.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return LastError("open", path);
  struct stat status;
  if (::fstat(fd.get(), &status) != 0) return LastError("fstat", path);
  if (!will_do(status)) return std::unexpected(Error{"open", EINVAL, path});
  return fd;
}

}  // namespace

Result<UniqueFd> OpenPathAt(const UniqueFd& root, const std::string& path, std::uint64_t resolve) {
  constexpr int kTries = 1000;
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = resolve;
  for (int tries = 1;; ++tries) {
    UniqueFd fd(
        static_cast<int>(::syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how)));
    if (fd) return fd;
    if (errno != EAGAIN || tries == kTries) return LastError("openat2", path);
  }
}

Result<UniqueFd> OpenRegularFile(const std::string& path) {
  return OpenForReading(path, IsRegular);
}

Result<UniqueFd> OpenForAppend(const std::string& path) {
  UniqueFd fd(::open(path.c_str(),
                     O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0644));
  if (!fd) return LastError("open", path);
  struct stat status;
  if (::fstat(fd.get(), &status) != 0) return LastError("fstat", path);
  if (S_ISBLK(status.st_mode)) return std::unexpected(Error{"open", EINVAL, path});
  return fd;
}

Result<UniqueFd> CreateNewFile(const std::string& path, std::uint32_t mode) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd) return LastError("open", path);
  return fd;
}

Result<std::string> ReadAll(const UniqueFd& fd, std::size_t max_bytes) {
  std::string content;
  char buffer[16384];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return LastError("read");
    if (n == 0) return content;
    content.append(buffer, static_cast<std::size_t>(n));
    if (content.size() > max_bytes) return std::unexpected(Error{"read", EFBIG, {}});
  }
}

Result<std::string> ReadFile(const std::string& path, std::size_t max_bytes) {
  TRY(const UniqueFd fd, OpenForReading(path, IsRegularOrNull));
  auto content = ReadAll(fd, max_bytes);
  if (!content) content.error().object = path;
  return content;
}

Result<std::size_t> ReadSome(const UniqueFd& fd, std::span<std::byte> buffer) {
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return LastError("read");
  }
}

Result<std::size_t> WriteSome(const UniqueFd& fd, std::string_view bytes) {
  for (;;) {
    const ssize_t n = ::write(fd.get(), bytes.data(), bytes.size());
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return LastError("write");
  }
}

Result<std::size_t> ReadAt(const UniqueFd& fd, std::uint64_t offset, std::span<std::byte> buffer) {
  for (;;) {
    const ssize_t n = ::pread(fd.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return LastError("pread");
  }
}

Status WriteAll(const UniqueFd& fd, std::string_view bytes) {
  while (!bytes.empty()) {
    TRY(const std::size_t written, WriteSome(fd, bytes));
    bytes.remove_prefix(written);
  }
  return {};
}

Result<std::uint64_t> FileSize(const UniqueFd& fd) {
  struct stat status;
  if (::fstat(fd.get(), &status) != 0) return LastError("fstat");
  return static_cast<std::uint64_t>(status.st_size);
}

Status Rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return LastError("rename", from);
  return {};
}

Status Remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return LastError("unlink", path);
  return {};
}

Result<std::string> RealPath(const std::string& path) {
  std::unique_ptr<char, decltype(&::free)> resolved(::realpath(path.c_str(), nullptr), &::free);
  if (!resolved) return LastError("realpath", path);
  return std::string(resolved.get());
}

Result<std::string> CurrentDirectory() { return RealPath("."); }

Result<std::vector<DirectoryEntry>> ListDirectory(const std::string& path) {
  const Directory directory(::opendir(path.c_str()));
  if (!directory) return LastError("opendir", path);
  std::vector<DirectoryEntry> entries;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat status;
    const bool known = ::fstatat(::dirfd(directory.get()), entry->d_name, &status, 0) == 0;
    entries.push_back({std::string(name), known && S_ISREG(status.st_mode)});
  }
  if (errno != 0) return LastError("readdir", path);
  return entries;
}

namespace {

FileKind KindFrom(const struct stat& status) {
  return {S_ISREG(status.st_mode), S_ISDIR(status.st_mode), status.st_mode & 07777U,
          status.st_uid,           status.st_gid,           S_ISSOCK(status.st_mode)};
}

}  // namespace

Result<FileKind> Inspect(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return LastError("stat", path);
  return KindFrom(status);
}

Result<FileKind> Inspect(const UniqueFd& fd) {
  struct stat status;
  if (::fstat(fd.get(), &status) != 0) return LastError("fstat");
  return KindFrom(status);
}

namespace {

constexpr std::int64_t kNanoseconds = 1'000'000'000;

std::int64_t Nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * kNanoseconds + time.tv_nsec;
}

FileStamp StampFrom(const struct stat& status) {
  return {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
          Nanoseconds(status.st_mtim), Nanoseconds(status.st_ctim)};
}

}  // namespace

Result<FileStamp> StampOf(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return LastError("stat", path);
  return StampFrom(status);
}

Result<FileStamp> StampOf(const UniqueFd& fd) {
  struct stat status;
  if (::fstat(fd.get(), &status) != 0) return LastError("fstat");
  return StampFrom(status);
}

std::int64_t FileClock() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return Nanoseconds(now);
}

std::int64_t FileClockTick() {
  timespec tick{};
  ::clock_getres(CLOCK_REALTIME_COARSE, &tick);
  return Nanoseconds(tick);
}

bool IsExecutable(const std::string& path) { return ::access(path.c_str(), X_OK) == 0; }

bool HasFileCapabilities(const std::string& path) {
  return ::getxattr(path.c_str(), "security.capability", nullptr, 0) > 0;
}

}  // namespace postern::sandbox::sys
