// SPDX-License-Identifier: BSD-2-Clause
// A program for the tests of launching: writes to its descriptor 1 what it was given, a line each.
#include <fcntl.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

extern char** environ;

namespace {

std::string text;

void Say(const std::string& line) { text += line + "\n"; }

void SayWords(const char* name, char** words) {
  for (; *words != nullptr; ++words) Say(std::string(name) + " " + *words);
}

void SayDescriptors() {
  for (int fd = 0; fd < 4096; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) Say("fd " + std::to_string(fd));
  }
}

void SayGroups() {
  std::vector<gid_t> groups(64);
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  std::string line = "groups";
  for (int i = 0; i < count; ++i) line += " " + std::to_string(groups[static_cast<std::size_t>(i)]);
  Say(line);
}

void SayLimit(const char* name, __rlimit_resource resource) {
  rlimit limit{};
  ::getrlimit(resource, &limit);
  Say(std::string(name) + " " + std::to_string(limit.rlim_cur) + " " +
      std::to_string(limit.rlim_max));
}

// Uid, Gid, SigBlk and SigIgn as the kernel has them (proc(5)).
void SayStatus() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    for (const char* name : {"Uid:", "Gid:", "SigBlk:", "SigIgn:"}) {
      if (line.starts_with(name)) Say(line);
    }
  }
}

}  // namespace

int main(int, char** argv) {
  SayDescriptors();  // first: before anything here opens one
  SayWords("arg", argv);
  SayWords("env", environ);
  SayGroups();
  SayStatus();
  SayLimit("nofile", RLIMIT_NOFILE);
  SayLimit("core", RLIMIT_CORE);
  const mode_t mask = ::umask(0);
  Say("umask " + std::to_string(mask));
  Say("nice " + std::to_string(::getpriority(PRIO_PROCESS, 0)));
  Say(::getsid(0) == ::getpid() ? "session own" : "session shared");
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t n = ::write(1, text.data() + sent, text.size() - sent);
    if (n <= 0) return 1;
    sent += static_cast<std::size_t>(n);
  }
  return 0;
}
