// SPDX-License-Identifier: BSD-2-Clause
// Work that would change the test program itself is done in a forked child, which answers with its
// exit status: 0 for well, any other number for the step that was not. A child does not use Catch2.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "sandbox/sys/directory.h"

namespace postern::testlib {

// The wait status of a child that ran `body` and exited with what that returned.
template <typename Body>
int InChild(const Body& body) {
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) ::_exit(body());
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  return status;
}

// Its exit status; -1 when a signal ended it.
template <typename Body>
int StatusOfChild(const Body& body) {
  const int status = InChild(body);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// The numbers in use by this process.
inline std::set<int> OpenDescriptors() {
  std::set<int> numbers;
  const sandbox::sys::Directory directory(::opendir("/proc/self/fd"));
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string name = entry->d_name;
    if (name.starts_with(".")) continue;
    const int number = std::stoi(name);
    if (number != ::dirfd(directory.get())) numbers.insert(number);
  }
  return numbers;
}

}  // namespace postern::testlib
