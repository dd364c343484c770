// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/accounts.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <vector>

namespace postern::sandbox::sys {
namespace {

constexpr std::size_t kFirstBuffer = 1024;
constexpr std::size_t kLastBuffer = std::size_t{1} << 20U;  // a group of tens of thousands

// Runs a get…nam_r call with buffers of growing size.
template <typename Entry, typename Call>
bool Find(const Call& call, Entry& entry, std::vector<char>& buffer) {
  Entry* found = nullptr;
  for (std::size_t size = kFirstBuffer; size <= kLastBuffer; size *= 4) {
    buffer.resize(size);
    const int error = call(&entry, buffer.data(), size, &found);
    if (error != ERANGE && error != EINTR) return error == 0 && found != nullptr;
  }
  return false;
}

bool IsAlready(const Account& account) {
  uid_t uid[3];
  gid_t gid[3];
  return ::getresuid(&uid[0], &uid[1], &uid[2]) == 0 &&
         ::getresgid(&gid[0], &gid[1], &gid[2]) == 0 && uid[0] == account.uid &&
         uid[1] == account.uid && uid[2] == account.uid && gid[0] == account.gid &&
         gid[1] == account.gid && gid[2] == account.gid;
}

Status Refused(const char* call, const std::string& object) {
  return std::unexpected(Error{call, EPERM, object});
}

}  // namespace

std::optional<Account> FindUser(const std::string& name) {
  passwd entry{};
  std::vector<char> buffer;
  const auto call = [&name](passwd* into, char* text, std::size_t size, passwd** found) {
    return ::getpwnam_r(name.c_str(), into, text, size, found);
  };
  if (!Find(call, entry, buffer)) return std::nullopt;
  return Account{entry.pw_uid, entry.pw_gid};
}

std::optional<std::uint32_t> FindGroup(const std::string& name) {
  group entry{};
  std::vector<char> buffer;
  const auto call = [&name](group* into, char* text, std::size_t size, group** found) {
    return ::getgrnam_r(name.c_str(), into, text, size, found);
  };
  if (!Find(call, entry, buffer)) return std::nullopt;
  return entry.gr_gid;
}

Status BecomeAccount(const std::string& name, const Account& account) {
  const bool root = ::geteuid() == 0;
  if (!root && IsAlready(account)) return {};
  if (::initgroups(name.c_str(), account.gid) != 0) return LastError("initgroups", name);
  if (::setresgid(account.gid, account.gid, account.gid) != 0) return LastError("setgid", name);
  if (::setresuid(account.uid, account.uid, account.uid) != 0) return LastError("setuid", name);
  if (!IsAlready(account)) return Refused("setuid", name);
  if (account.uid != 0 && ::setresuid(static_cast<uid_t>(-1), 0, static_cast<uid_t>(-1)) == 0) {
    return Refused("setuid", "root is back");
  }
  return {};
}

Status BecomeGroup(std::uint32_t gid) {
  if (::setresgid(gid, gid, gid) != 0) return LastError("setgid");
  gid_t now[3];
  const bool done = ::getresgid(&now[0], &now[1], &now[2]) == 0 && now[0] == gid && now[1] == gid &&
                    now[2] == gid;
  return done ? Status() : Refused("setgid", std::to_string(gid));
}

}  // namespace postern::sandbox::sys
