// SPDX-License-Identifier: BSD-2-Clause
// What the tests of confining share: profiles, and children that seal themselves and tell what they
// then see. A child does not use Catch2; what it has to say it writes into a string.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>
#include <utility>

#include "sandbox/confine/enter.h"
#include "sandbox/profile.h"
#include "sandbox/sys/process.h"

namespace postern::sandbox {

inline constexpr std::uint32_t kNobody = 65534;
inline constexpr std::uint32_t kServiceUser = 4242, kServiceGroup = 4343;

struct Outcome {
  int status = -1;  // what the body returned; -1 when a signal ended the child
  int signal = 0;
  std::string told;
};

// Of whoever calls it.
inline sys::UniqueFd OwnProcess() {
  return sys::UniqueFd(::open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

// As fork(2), with further flags of clone(2).
inline pid_t Clone(unsigned long flags) {
  return static_cast<pid_t>(::syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, 0));
}

// Runs `int body(std::string& told)` in a child; CLONE_NEWPID makes it the first of a namespace.
template <typename Body>
Outcome InChildWith(unsigned long flags, const Body& body) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  sys::UniqueFd reader(ends[0]), writer(ends[1]);
  const pid_t pid = Clone(flags);
  REQUIRE(pid >= 0);
  if (pid == 0) {
    std::string told;
    const int status = body(told);
    const ssize_t written = ::write(writer.get(), told.data(), told.size());
    ::_exit(written == static_cast<ssize_t>(told.size()) ? status : 120);
  }
  writer.Reset();
  Outcome outcome;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(reader.get(), buffer, sizeof buffer)) > 0;) {
    outcome.told.append(buffer, static_cast<std::size_t>(n));
  }
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  if (WIFEXITED(status)) outcome.status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
  return outcome;
}

inline constexpr int kNotEntered = 111;

// Runs `int body(const Report&, std::string& told)` in a child that has entered the profile; if it
// could not, the outcome is kNotEntered and the reason.
template <typename Body>
Outcome Inside(const Profile& profile, const Body& body) {
  return InChildWith(profile.namespaces.pid ? CLONE_NEWPID : 0, [&](std::string& told) {
    const auto report = Enter(profile);
    if (!report) {
      told = report.error().ToString();
      return kNotEntered;
    }
    return body(*report, told);
  });
}

// As the defaults of these names, without a filter.
inline Profile BaselineProfile() {
  Profile profile;
  profile.service = "test";
  profile.identity = {true, kServiceUser, kServiceGroup, {4300, 4301, 4400}};
  profile.bounding = ~CapabilityMask{0};
  profile.no_new_privileges = false;
  return profile;
}

inline Profile StandardProfile() {
  Profile profile = BaselineProfile();
  profile.no_new_privileges = true;
  profile.bounding = 0;
  profile.namespaces.mount = profile.namespaces.pid = true;
  profile.namespaces.ipc = profile.namespaces.uts = true;
  profile.files.read_only_system = profile.files.private_tmp = profile.files.private_dev = true;
  profile.landlock = {true, true, true, {}, true};
  return profile;
}

inline Profile StrictProfile() {
  Profile profile = StandardProfile();
  profile.namespaces.user = profile.namespaces.net = profile.namespaces.cgroup = true;
  profile.files.minimal = true;
  profile.lock_memory_protection = true;
  return profile;
}

}  // namespace postern::sandbox
