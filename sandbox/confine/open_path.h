// SPDX-License-Identifier: BSD-2-Clause
// Finding a path as root where others may write: each step by descriptor, and no symbolic link
// followed that somebody else may have put there (CVE-2021-26910, CVE-2021-30465).
//
// A link is followed when every directory on the way to it belongs to root and is writable by root
// alone; any other is ELOOP. A caller that is not root follows all: it has no rights to lend.
#pragma once

#include <string>
#include <string_view>

#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox {

struct Place {
  sys::UniqueFd fd;  // O_PATH
  std::string path;  // absolute, without links, "." and ".."
  bool is_directory = false;
};

// The path must be absolute (EINVAL). `root` is what "/" means.
sys::Result<Place> FindPlace(const sys::UniqueFd& root, std::string_view path);
// The same without any link, wherever it is: for a path that FindPlace() returned, or a tree that
// is all somebody else's.
sys::Result<Place> FindExactly(const sys::UniqueFd& root, const std::string& path);

// Whether `path` leads anywhere when links are followed and `root` is what "/" means. Decides
// nothing but what need not be made.
bool Exists(const sys::UniqueFd& root, const std::string& path);
bool IsMissing(const sys::Error& error);  // ENOENT

sys::Result<sys::UniqueFd> OpenDirectory(const std::string& path);  // O_PATH

// Without doubled, leading-dot and trailing slashes: "/a//b/" is "/a/b". EINVAL for a relative path
// and for "..".
sys::Result<std::string> PlainPath(std::string_view path);
// "/a/b" lies in "/a", and in itself.
bool LiesIn(std::string_view path, std::string_view directory);

}  // namespace postern::sandbox
