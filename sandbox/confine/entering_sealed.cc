// SPDX-License-Identifier: BSD-2-Clause
// The second half of the steps: giving rights up, sealing, and looking whether it all holds.
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "sandbox/confine/credentials.h"
#include "sandbox/confine/entering.h"
#include "sandbox/confine/hardening.h"
#include "sandbox/confine/install_filter.h"
#include "sandbox/confine/landlock.h"
#include "sandbox/sys/directory.h"
#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"

namespace postern::sandbox {
namespace {

constexpr std::size_t kMostStatus = std::size_t{4} << 20;
constexpr CapabilityMask kSetIds = Capability(CAP_SETUID) | Capability(CAP_SETGID);

sys::Status Differs(const char* what) {
  return std::unexpected(sys::Error{"compare", EPERM, what});
}

sys::Status RefuseDirectory(int descriptor, std::string_view name) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return sys::LastError("fstat", name);
  if (!S_ISDIR(status.st_mode)) return {};
  return std::unexpected(sys::Error{"check", EISDIR, "descriptor " + std::string(name)});
}

}  // namespace

// At each execve(2), root's id gives all that is in the bounding set. So for root they are one.
CapabilityMask Entering::bounding() const {
  return is_root_user() ? profile_.capabilities : profile_.bounding;
}

// What a filter and a Landlock domain take where setuid programs must go on working. It is the last
// to go.
CapabilityMask Entering::transitional() const {
  return profile_.no_new_privileges ? 0 : Capability(CAP_SYS_ADMIN);
}

sys::Status Entering::LimitBoundingSet() {
  TRY(const CapabilityMask permitted, ReadPermitted());
  const CapabilityMask lacking = profile_.capabilities & ~permitted;
  if (lacking != 0) {
    return std::unexpected(sys::Error{"capset", EPERM, CapabilityNames(lacking)});
  }
  // A change of user took them out of force.
  TRY_STATUS(sandbox::SetCapabilities(permitted, permitted, 0));
  sys::Status limited = LimitBounding(bounding());
  bounding_limited_ = limited.has_value();
  if (limited) return {};
  const bool unprivileged = (permitted & Capability(CAP_SETPCAP)) == 0;
  if (!unprivileged) return limited;
  return Missing(std::move(limited).error());
}

sys::Status Entering::SetCapabilities() {
  TRY(const CapabilityMask permitted, ReadPermitted());
  const CapabilityMask for_later = (Capability(CAP_SETPCAP) | transitional()) & permitted;
  const CapabilityMask mask = profile_.capabilities | for_later;
  TRY_STATUS(sandbox::SetCapabilities(mask, mask, ambient()));
  return SetAmbient(ambient());
}

sys::Status Entering::LockSecureBits() {
  if (!is_root_user() && profile_.no_new_privileges) {
    sys::Status locked = sandbox::LockSecureBits();
    secure_bits_locked_ = locked.has_value();
    if (!locked) {
      TRY(const CapabilityMask permitted, ReadPermitted());
      if ((permitted & Capability(CAP_SETPCAP)) != 0) return locked;
      TRY_STATUS(Missing(std::move(locked).error()));
    }
  }
  TRY(const CapabilityMask permitted, ReadPermitted());
  const CapabilityMask mask = profile_.capabilities | (transitional() & permitted);
  return sandbox::SetCapabilities(mask, mask, ambient());
}

sys::Status Entering::VerifyIdentity() {
  TRY_STATUS(VerifyIds(profile_.identity));
  if ((profile_.capabilities & kSetIds) != 0) return {};
  return VerifyNoWayBack(profile_.identity);
}

sys::Status Entering::LockMemory() {
  if (!profile_.lock_memory_protection) return {};
  sys::Status locked = LockMemoryProtection();
  memory_locked_ = locked.has_value();
  if (!locked) return Missing(std::move(locked).error());
  return {};
}

sys::Status Entering::MitigateSpeculation() {
  if (!profile_.mitigate_speculation) return {};
  return sandbox::MitigateSpeculation();
}

sys::Status Entering::ForbidInspection() { return sys::ForbidInspection(); }

sys::Status Entering::TakeInventory() {
  TRY(report_.secure_bits, ReadSecureBits());
  TRY(report_.memory_protection_locked, IsMemoryProtectionLocked());
  TRY(report_.namespaces, ReadNamespaces(process_));
  return {};
}

// A directory is a way out of the root, whatever the root is (CVE-2024-21626).
sys::Status Entering::CheckDescriptors() {
  sys::UniqueFd list(::openat(process_.get(), "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!list) return sys::LastError("open", "/proc/self/fd");
  process_.Reset();
  const int own = list.get();
  const sys::Directory directory(::fdopendir(own));
  if (!directory) return sys::LastError("fdopendir", "/proc/self/fd");
  list.Release();
  for (;;) {
    // Nothing is an end or a failure; only errno tells them apart (readdir(3)).
    errno = 0;
    const dirent* const entry = ::readdir(directory.get());
    if (entry == nullptr && errno != 0) return sys::LastError("readdir", "/proc/self/fd");
    if (entry == nullptr) return {};
    int number = -1;
    const char* const end = entry->d_name + std::strlen(entry->d_name);
    if (std::from_chars(entry->d_name, end, number).ptr != end || number == own) continue;
    TRY_STATUS(RefuseDirectory(number, entry->d_name));
  }
}

sys::Status Entering::SetNoNewPrivileges() {
  if (!profile_.no_new_privileges) return {};
  return sys::SetNoNewPrivileges();
}

sys::Status Entering::RestrictByLandlock() {
  if (!ruleset_) return {};
  TRY_STATUS(RestrictSelf(ruleset_));
  ruleset_.Reset();
  return {};
}

sys::Status Entering::InstallFilter() {
  if (profile_.filter.empty()) return {};
  if (!profile_.report_unlisted) return sandbox::InstallFilter(profile_.filter);
  if (left_.pid) {
    auto listener = InstallListeningFilter(profile_.filter);
    report_.unlisted_calls = listener ? std::move(*listener) : sys::UniqueFd();
    if (listener) return {};
  }
  // Nothing is weaker for it: the kernel kills as well, but names no call.
  return sandbox::InstallFilter(KillingInstead(profile_.filter));
}

sys::Status Entering::DropLastCapabilities() {
  if (profile_.no_new_privileges) return {};
  return sandbox::SetCapabilities(profile_.capabilities, profile_.capabilities, ambient());
}

sys::Status Entering::ReadBack() {
  TRY(const std::string text, sys::ReadAll(status_, kMostStatus));
  status_.Reset();
  TRY(report_.status, ParseProcessStatus(text));
  TRY_STATUS(CompareIdentity());
  TRY_STATUS(CompareCapabilities());
  TRY_STATUS(CompareSeals());
  return CompareNamespaces();
}

sys::Status Entering::CompareIdentity() const {
  const Identity& plan = profile_.identity;
  for (const std::uint32_t uid : report_.status.uids) {
    if (uid != plan.uid) return Differs("user");
  }
  for (const std::uint32_t gid : report_.status.gids) {
    if (gid != plan.gid) return Differs("group");
  }
  std::vector<std::uint32_t> groups = plan.groups;
  std::ranges::sort(groups);
  if (plan.change && report_.status.groups != groups) return Differs("groups");
  return {};
}

sys::Status Entering::CompareCapabilities() const {
  const CapabilitySets& now = report_.status.capabilities;
  if (now.permitted != profile_.capabilities || now.effective != profile_.capabilities) {
    return Differs("capabilities");
  }
  if (now.inheritable != ambient() || now.ambient != ambient()) {
    return Differs("ambient capabilities");
  }
  if (bounding_limited_ && (now.bounding & ~bounding()) != 0) return Differs("bounding set");
  return {};
}

sys::Status Entering::CompareSeals() const {
  const ProcessStatus& now = report_.status;
  if (now.no_new_privileges != (profile_.no_new_privileges || before_.no_new_privileges)) {
    return Differs("no new privileges");
  }
  const unsigned filters = before_.seccomp_filters + (profile_.filter.empty() ? 0 : 1);
  if (now.seccomp_filters != filters) return Differs("system call filters");
  if (filters != 0 && now.seccomp_mode != SECCOMP_MODE_FILTER) return Differs("system call filter");
  if (secure_bits_locked_ && report_.secure_bits != LockedSecureBits()) {
    return Differs("secure bits");
  }
  if (memory_locked_ && !report_.memory_protection_locked) return Differs("memory protection");
  return {};
}

sys::Status Entering::CompareNamespaces() const {
  const auto moved = [&](bool left, Namespace kind) {
    return !left || report_.namespaces.of(kind) != namespaces_before_.of(kind);
  };
  const bool all = moved(left_.user, Namespace::kUser) && moved(left_.mount, Namespace::kMount) &&
                   moved(left_.net, Namespace::kNet) && moved(left_.ipc, Namespace::kIpc) &&
                   moved(left_.uts, Namespace::kUts) && moved(left_.cgroup, Namespace::kCgroup) &&
                   moved(left_.time, Namespace::kTime);
  return all ? sys::Status{} : Differs("namespaces");
}

}  // namespace postern::sandbox
