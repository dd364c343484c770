// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/credentials.h"

#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace postern::sandbox {
namespace {

constexpr std::uint32_t kNoId = ~std::uint32_t{0};

sys::Status NotAsPlanned(const char* call, const char* what) {
  return std::unexpected(sys::Error{call, EPERM, what});
}

}  // namespace

sys::Status CheckIdentity(const Identity& identity) {
  if (identity.uid == kNoId) return std::unexpected(sys::Error{"setresuid", EINVAL, "user -1"});
  if (identity.gid == kNoId) return std::unexpected(sys::Error{"setresgid", EINVAL, "group -1"});
  if (std::ranges::find(identity.groups, kNoId) != identity.groups.end()) {
    return std::unexpected(sys::Error{"setgroups", EINVAL, "group -1"});
  }
  return {};
}

sys::Status SetGroups(std::span<const std::uint32_t> groups) {
  if (::setgroups(groups.size(), groups.data()) != 0) return sys::LastError("setgroups");
  return {};
}

sys::Status SetGroup(std::uint32_t gid) {
  if (::setresgid(gid, gid, gid) != 0) return sys::LastError("setresgid", std::to_string(gid));
  return {};
}

sys::Status SetUser(std::uint32_t uid, bool keep_capabilities) {
  if (::prctl(PR_SET_KEEPCAPS, keep_capabilities ? 1 : 0, 0, 0, 0) != 0) {
    return sys::LastError("prctl", "PR_SET_KEEPCAPS");
  }
  if (::setresuid(uid, uid, uid) != 0) return sys::LastError("setresuid", std::to_string(uid));
  return {};
}

sys::Status VerifyIds(const Identity& identity) {
  uid_t user[3] = {kNoId, kNoId, kNoId};
  if (::getresuid(&user[0], &user[1], &user[2]) != 0) return sys::LastError("getresuid");
  for (const uid_t id : user) {
    if (id != identity.uid) return NotAsPlanned("getresuid", "not the planned user");
  }
  gid_t group[3] = {kNoId, kNoId, kNoId};
  if (::getresgid(&group[0], &group[1], &group[2]) != 0) return sys::LastError("getresgid");
  for (const gid_t id : group) {
    if (id != identity.gid) return NotAsPlanned("getresgid", "not the planned group");
  }
  return {};
}

sys::Status VerifyGroups(const Identity& identity) {
  const int count = ::getgroups(0, nullptr);
  if (count < 0) return sys::LastError("getgroups");
  std::vector<std::uint32_t> present(static_cast<std::size_t>(count));
  if (::getgroups(count, present.data()) != count) return sys::LastError("getgroups");
  // The kernel keeps them in an order of its own, that of its internal ids.
  std::ranges::sort(present);
  std::vector<std::uint32_t> planned = identity.groups;
  std::ranges::sort(planned);
  if (present != planned) return NotAsPlanned("getgroups", "not the planned groups");
  return {};
}

sys::Status VerifyNoWayBack(const Identity& identity) {
  if (identity.uid == 0) return {};
  if (::setresuid(kNoId, 0, kNoId) == 0) {
    return std::unexpected(sys::Error{"setresuid", EEXIST, "root is back"});
  }
  if (identity.gid != 0 && ::setresgid(kNoId, 0, kNoId) == 0) {
    return std::unexpected(sys::Error{"setresgid", EEXIST, "root's group is back"});
  }
  return {};
}

sys::Status BecomeUser(const Identity& identity) {
  TRY_STATUS(CheckIdentity(identity));
  TRY_STATUS(SetGroups(identity.groups));
  TRY_STATUS(SetGroup(identity.gid));
  TRY_STATUS(SetUser(identity.uid, false));
  TRY_STATUS(VerifyIds(identity));
  TRY_STATUS(VerifyGroups(identity));
  return VerifyNoWayBack(identity);
}

}  // namespace postern::sandbox
