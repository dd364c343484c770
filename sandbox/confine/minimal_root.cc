// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/minimal_root.h"

#include <limits.h>
#include <unistd.h>

#include <algorithm>

namespace postern::sandbox {
namespace {

constexpr const char* kTopDirectories[] = {"bin", "sbin", "lib", "lib32", "lib64", "libx32"};
constexpr const char* kEmptyDirectories[] = {"/dev", "/etc", "/proc",   "/run",
                                             "/tmp", "/var", "/var/tmp"};
// What the dynamic linker, libc's name services, TLS libraries, time zones and interpreters read.
// No secret is among them, and no service's own configuration: that is named in read_only_paths.
constexpr const char* kSettings[] = {"/etc/alternatives",
                                     "/etc/ca-certificates.conf",
                                     "/etc/ethertypes",
                                     "/etc/gai.conf",
                                     "/etc/group",
                                     "/etc/host.conf",
                                     "/etc/hosts",
                                     "/etc/inputrc",
                                     "/etc/ld.so.cache",
                                     "/etc/ld.so.conf",
                                     "/etc/ld.so.conf.d",
                                     "/etc/ld.so.preload",
                                     "/etc/locale.alias",
                                     "/etc/localtime",
                                     "/etc/magic",
                                     "/etc/mime.types",
                                     "/etc/networks",
                                     "/etc/nsswitch.conf",
                                     "/etc/passwd",
                                     "/etc/perl",
                                     "/etc/pki/ca-trust",
                                     "/etc/pki/tls/cert.pem",
                                     "/etc/pki/tls/certs",
                                     "/etc/pki/tls/openssl.cnf",
                                     "/etc/protocols",
                                     "/etc/resolv.conf",
                                     "/etc/rpc",
                                     "/etc/services",
                                     "/etc/shells",
                                     "/etc/ssl/certs",
                                     "/etc/ssl/openssl.cnf",
                                     "/etc/terminfo",
                                     "/etc/timezone"};

class Builder {
 public:
  Builder(const sys::UniqueFd& host, MountTree& tree, MountAttributes attributes)
      : host_(host), tree_(tree), attributes_(attributes) {}

  // A link stays a link: it points into what is there.
  sys::Status AddTopDirectory(const std::string& name) {
    const std::string path = "/" + name;
    char target[PATH_MAX];
    const ssize_t size = ::readlinkat(host_.get(), name.c_str(), target, sizeof target);
    if (size > 0) return tree_.MakeLink(path, std::string(target, static_cast<std::size_t>(size)));
    if (errno == ENOENT) return {};
    if (errno != EINVAL) return sys::LastError("readlink", path);
    return Add(path);
  }

  sys::Status AddIfPresent(const std::string& path) {
    const sys::Status added = Add(path);
    if (!added && IsMissing(added.error())) return {};
    return added;
  }

  sys::Status Add(const std::string& path) {
    TRY(const Place place, FindPlace(host_, path));
    TRY(const sys::UniqueFd copy, CopyTree(place.fd, "", Depth::kWithSubmounts));
    TRY_STATUS(AddAttributes(copy, attributes_, Depth::kWithSubmounts, path));
    return tree_.Attach(copy, path, place.is_directory ? NodeKind::kDirectory : NodeKind::kFile);
  }

 private:
  const sys::UniqueFd& host_;
  MountTree& tree_;
  MountAttributes attributes_;
};

}  // namespace

bool IsInMinimalRoot(std::string_view path) {
  const auto below = [path](const std::string& shown) { return LiesIn(path, shown); };
  return below("/usr") ||
         std::ranges::any_of(kTopDirectories,
                             [&](const char* name) { return below("/" + std::string(name)); }) ||
         std::ranges::any_of(kSettings, below);
}

sys::Result<MountTree> MakeMinimalRoot(const sys::UniqueFd& host,
                                       std::span<const ProgramToRun> programs,
                                       MountAttributes attributes) {
  TRY(sys::UniqueFd root,
      MakeFileSystem("tmpfs", {{"mode", "755"}, {"size", "1m"}, {"nr_inodes", "4096"}},
                     kNoSetuid | kNoDevices));
  TRY(MountTree tree, MountTree::OfOwn(std::move(root)));
  for (const char* path : kEmptyDirectories) TRY_STATUS(tree.MakeDirectory(path));
  Builder builder(host, tree, attributes | kReadOnly);
  TRY_STATUS(builder.Add("/usr"));
  for (const char* name : kTopDirectories) TRY_STATUS(builder.AddTopDirectory(name));
  for (const char* path : kSettings) TRY_STATUS(builder.AddIfPresent(path));
  for (const ProgramToRun& program : programs) {
    TRY(const std::string path, PlainPath(program.path));
    if (!Exists(tree.root(), path)) TRY_STATUS(builder.Add(path));
  }
  return tree;
}

}  // namespace postern::sandbox
