// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/open_path.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <utility>
#include <vector>

#include "sandbox/sys/files.h"

namespace postern::sandbox {
namespace {

constexpr int kMostLinks = 40;  // as the kernel (path_resolution(7))

sys::Error PathError(int number, std::string_view path) {
  return sys::Error{"open", number, std::string(path)};
}

// Words still to be walked, the next one last.
using Words = std::vector<std::string>;

void Push(Words& words, std::string_view path) {
  Words found;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (end > at && path.substr(at, end - at) != ".") found.emplace_back(path.substr(at, end - at));
    at = end + 1;
  }
  for (auto word = found.rbegin(); word != found.rend(); ++word) words.push_back(std::move(*word));
}

struct Step {
  sys::UniqueFd fd;
  std::string name;
  bool ours = false;  // nobody but root can change what is in it, nor in those before it
  bool is_directory = true;
};

class Walk {
 public:
  Walk(const sys::UniqueFd& root, std::string_view path) : wanted_(path) {
    steps_.push_back({sys::UniqueFd::DuplicateOf(root.get()), "", false, true});
    Push(words_, path);
  }

  sys::Result<Place> Run() {
    if (!steps_.front().fd) return sys::LastError("fcntl", wanted_);
    struct stat status{};
    if (::fstat(steps_.front().fd.get(), &status) != 0) return sys::LastError("fstat", wanted_);
    steps_.front().ours = IsOurs(status);
    while (!words_.empty()) {
      const std::string word = std::move(words_.back());
      words_.pop_back();
      if (word == "..") {
        if (steps_.size() > 1) steps_.pop_back();
      } else {
        TRY_STATUS(Enter(word));
      }
    }
    return Arrived();
  }

 private:
  static bool IsOurs(const struct stat& status) {
    return ::geteuid() != 0 || (status.st_uid == 0 && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0);
  }

  sys::Status Enter(const std::string& word) {
    const Step& here = steps_.back();
    sys::UniqueFd fd(::openat(here.fd.get(), word.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return sys::LastError("open", wanted_);
    struct stat status{};
    if (::fstat(fd.get(), &status) != 0) return sys::LastError("fstat", wanted_);
    if (S_ISLNK(status.st_mode)) return Follow(fd);
    const bool ours = here.ours && IsOurs(status);
    steps_.push_back({std::move(fd), word, ours, S_ISDIR(status.st_mode)});
    return {};
  }

  sys::Status Follow(const sys::UniqueFd& link) {
    if (!steps_.back().ours || ++links_ > kMostLinks) {
      return std::unexpected(PathError(ELOOP, wanted_));
    }
    char target[PATH_MAX];
    const ssize_t size = ::readlinkat(link.get(), "", target, sizeof target);
    if (size < 0) return sys::LastError("readlink", wanted_);
    if (size == 0 || size == static_cast<ssize_t>(sizeof target)) {
      return std::unexpected(PathError(ENAMETOOLONG, wanted_));
    }
    const std::string_view text(target, static_cast<std::size_t>(size));
    if (text.front() == '/') steps_.resize(1);
    Push(words_, text);
    return {};
  }

  sys::Result<Place> Arrived() {
    Place place;
    for (const Step& step : steps_) {
      if (!step.name.empty()) place.path.append("/").append(step.name);
    }
    if (place.path.empty()) place.path.push_back('/');
    place.is_directory = steps_.back().is_directory;
    place.fd = std::move(steps_.back().fd);
    return place;
  }

  std::string wanted_;
  std::vector<Step> steps_;
  Words words_;
  int links_ = 0;
};

}  // namespace

sys::Result<Place> FindPlace(const sys::UniqueFd& root, std::string_view path) {
  if (!path.starts_with('/')) return std::unexpected(PathError(EINVAL, path));
  return Walk(root, path).Run();
}

sys::Result<Place> FindExactly(const sys::UniqueFd& root, const std::string& path) {
  const std::string below = path.substr(std::min(path.find_first_not_of('/'), path.size()));
  auto found = sys::OpenPathAt(root, below.empty() ? "." : below,
                               RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_BENEATH);
  if (!found) return std::unexpected(PathError(found.error().number, path));
  sys::UniqueFd fd = std::move(*found);
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return sys::LastError("fstat", path);
  return Place{std::move(fd), path, S_ISDIR(status.st_mode)};
}

bool Exists(const sys::UniqueFd& root, const std::string& path) {
  return sys::OpenPathAt(root, path, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS).has_value();
}

bool IsMissing(const sys::Error& error) { return error.number == ENOENT; }

sys::Result<sys::UniqueFd> OpenDirectory(const std::string& path) {
  sys::UniqueFd fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return sys::LastError("open", path);
  return fd;
}

sys::Result<std::string> PlainPath(std::string_view path) {
  if (!path.starts_with('/')) return std::unexpected(PathError(EINVAL, path));
  Words words;
  Push(words, path);
  std::string plain;
  for (auto word = words.rbegin(); word != words.rend(); ++word) {
    if (*word == "..") return std::unexpected(PathError(EINVAL, path));
    plain.append("/").append(*word);
  }
  if (plain.empty()) plain.push_back('/');
  return plain;
}

bool LiesIn(std::string_view path, std::string_view directory) {
  if (directory == "/") return true;
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

}  // namespace postern::sandbox
