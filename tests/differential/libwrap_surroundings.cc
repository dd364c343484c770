// SPDX-License-Identifier: BSD-2-Clause
#include "tests/differential/libwrap_surroundings.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <utility>

namespace postern::differential {
namespace {

const oracle::HostsWorld* surroundings = nullptr;
std::vector<std::string> log_lines;
char no_domain[] = "example";
char account_name[] = "account";
passwd account{account_name, account_name, 65534, 65534, account_name, account_name, account_name};
group account_group{account_name, account_name, 65534, nullptr};

void Log(const char* format, std::va_list arguments) {
  std::array<char, 4096> line{};
  std::vsnprintf(line.data(), line.size(), format, arguments);
  log_lines.emplace_back(line.data());
}

}  // namespace

void SetSurroundings(const oracle::HostsWorld* world) { surroundings = world; }

std::vector<std::string> TakeLog() { return std::exchange(log_lines, {}); }

}  // namespace postern::differential

using postern::differential::account;
using postern::differential::account_group;
using postern::differential::surroundings;

#pragma GCC visibility push(default)
extern "C" {

void __vsyslog_chk(int, int, const char* format, std::va_list arguments) {
  postern::differential::Log(format, arguments);
}

void __syslog_chk(int, int, const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  postern::differential::Log(format, arguments);
  va_end(arguments);
}

int innetgr(const char* netgroup, const char* host, const char*, const char*) {
  std::string folded = host;
  for (char& byte : folded) {
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
  }
  return surroundings->netgroup_members.contains({netgroup, folded}) ? 1 : 0;
}

int yp_get_default_domain(char** domain) {
  *domain = postern::differential::no_domain;
  return 0;
}

passwd* getpwnam(const char* name) {
  return surroundings->users.contains(name) ? &account : nullptr;
}
group* getgrnam(const char* name) {
  return surroundings->groups.contains(name) ? &account_group : nullptr;
}

int setuid(uid_t) noexcept { return 0; }
int setgid(gid_t) noexcept { return 0; }
int initgroups(const char*, gid_t) { return 0; }
int setgroups(size_t, const gid_t*) noexcept { return 0; }
mode_t umask(mode_t) noexcept { return 022; }
unsigned sleep(unsigned) { return 0; }

}  // extern "C"
#pragma GCC visibility pop
