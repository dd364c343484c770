// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/inspect/process_folder.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <climits>
#include <optional>
#include <sstream>
#include <string_view>

#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"

namespace postern::sandbox {
namespace {

constexpr std::size_t kMostBytes = std::size_t{256} * 1024;

sys::Error Named(sys::Error error, pid_t pid, const char* name) {
  error.object = "/proc/" + std::to_string(pid) + "/" + name;
  return error;
}

sys::Error NoData(pid_t pid, const char* name) { return Named({"read", ENODATA, {}}, pid, name); }

template <typename T>
sys::Result<T> Number(std::string_view text, pid_t pid, const char* name) {
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::unexpected(NoData(pid, name));
  }
  return value;
}

sys::Result<sys::UniqueFd> OpenIn(const sys::UniqueFd& root, const char* path) {
  return sys::OpenPathAt(root, path, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

struct Place {
  dev_t device = 0;
  ino_t inode = 0;
  bool writable = false;
};

sys::Result<std::optional<Place>> Find(const sys::UniqueFd& root, const char* path) {
  const auto file = OpenIn(root, path);
  if (!file && (file.error().number == ENOENT || file.error().number == ENOTDIR)) return {};
  if (!file) return std::unexpected(file.error());
  struct stat status{};
  if (::fstat(file->get(), &status) != 0) return sys::LastError("fstat", path);
  struct statvfs mount{};
  if (::fstatvfs(file->get(), &mount) != 0) return sys::LastError("fstatvfs", path);
  return Place{status.st_dev, status.st_ino, (mount.f_flag & ST_RDONLY) == 0};
}

}  // namespace

sys::Result<ProcessFolder> ProcessFolder::Open(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid);
  sys::UniqueFd folder(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return sys::LastError("open", path);
  return ProcessFolder(pid, std::move(folder));
}

sys::Result<std::string> ProcessFolder::Read(const char* name) const {
  const sys::UniqueFd file(::openat(folder_.get(), name, O_RDONLY | O_CLOEXEC));
  if (!file) return std::unexpected(Named(sys::LastError("open").error(), pid_, name));
  auto text = sys::ReadAll(file, kMostBytes);
  if (!text) return std::unexpected(Named(text.error(), pid_, name));
  return text;
}

sys::Result<ProcessStatus> ProcessFolder::Status() const {
  TRY(const std::string text, Read("status"));
  auto status = ParseProcessStatus(text);
  if (!status) return std::unexpected(Named(status.error(), pid_, "status"));
  return status;
}

sys::Result<int> ProcessFolder::OomScoreAdjustment() const {
  TRY(std::string text, Read("oom_score_adj"));
  if (text.ends_with('\n')) text.pop_back();
  return Number<int>(text, pid_, "oom_score_adj");
}

sys::Result<std::vector<std::string>> ProcessFolder::Arguments() const {
  TRY(const std::string text, Read("cmdline"));
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\0', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

sys::Result<std::string> ProcessFolder::Program() const {
  char buffer[PATH_MAX];
  const ssize_t length = ::readlinkat(folder_.get(), "exe", buffer, sizeof buffer);
  if (length < 0) return std::unexpected(Named(sys::LastError("readlink").error(), pid_, "exe"));
  std::string_view path(buffer, static_cast<std::size_t>(length));
  constexpr std::string_view kReplaced = " (deleted)";
  if (path.ends_with(kReplaced)) path.remove_suffix(kReplaced.size());
  return std::string(path);
}

sys::Result<sys::UniqueFd> ProcessFolder::Root() const {
  sys::UniqueFd root(::openat(folder_.get(), "root", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return std::unexpected(Named(sys::LastError("open").error(), pid_, "root"));
  return root;
}

sys::Result<std::uint64_t> ProcessFolder::CoreLimit() const {
  // Not prlimit(2): to ask that of another user's process takes CAP_SYS_RESOURCE.
  TRY(const std::string text, Read("limits"));
  constexpr std::string_view kName = "Max core file size";
  const std::size_t line = text.find(kName);
  if (line == std::string::npos) return std::unexpected(NoData(pid_, "limits"));
  std::istringstream words(text.substr(line + kName.size()));
  std::string soft, hard;
  words >> soft >> hard;
  if (hard == "unlimited") return sys::kUnlimited;
  return Number<std::uint64_t>(hard, pid_, "limits");
}

sys::Result<ProcessStatus> AwaitFilter(const ProcessFolder& process, unsigned more_than,
                                       const sys::Deadline& deadline) {
  for (;;) {
    auto status = process.Status();
    if (!status || status->seccomp_filters > more_than) return status;
    if (deadline.left().count() == 0) {
      return std::unexpected(sys::Error{"read", ETIMEDOUT, "no system call filter"});
    }
    constexpr timespec kPause{0, 1'000'000};
    ::nanosleep(&kPause, nullptr);
  }
}

sys::Result<FileSight> LookAt(const sys::UniqueFd& root, const sys::UniqueFd& other_root,
                              const char* path) {
  TRY(const std::optional<Place> place, Find(root, path));
  if (!place) return FileSight{};
  TRY(const std::optional<Place> other, Find(other_root, path));
  const bool same = other && other->device == place->device && other->inode == place->inode;
  return FileSight{true, same, place->writable};
}

}  // namespace postern::sandbox
