// SPDX-License-Identifier: BSD-2-Clause
// Which protections this machine has, found out by asking for each in a child that ends with it: a
// version number says nothing of what an administrator or a container has switched off.
//
// Who calls: the tools. As root, every answer is the one that a zygote would get. Others enter a
// user namespace of their own first, as Enter() does for them; what the machine refuses them all
// the same it may still give to root, so that counts as not tried.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/confine/cgroup.h"

namespace postern::sandbox {

enum class Protection : std::uint8_t {
  kSeccomp,  // filters, and the answers that ours give
  kSeccompNotify,
  kNoNewPrivileges,
  kUserNamespace,  // these eight in the order of Namespace
  kMountNamespace,
  kPidNamespace,
  kNetNamespace,
  kIpcNamespace,
  kUtsNamespace,
  kCgroupNamespace,
  kTimeNamespace,
  kMountCalls,       // open_tree, mount_setattr
  kHiddenProcesses,  // a /proc that shows a process to those only who may trace it
  kLandlockFiles,
  kLandlockTcp,
  kLandlockScopes,
  kMemoryController,
  kTasksController,
  kCpuController,
  kMemoryProtection,  // PR_SET_MDWE
  kSpeculation,
  kKeyring,
  kPidfd,
  kCloseRange,
};

enum class Standing : std::uint8_t { kPresent, kMissing, kUntried };

struct ProtectionFact {
  Protection protection = Protection::kSeccomp;
  Standing standing = Standing::kUntried;
  std::string detail;  // what there is, or what the kernel said
};

struct MachineReport {
  std::string kernel;                           // uname(2), release
  bool privileged = false;                      // asked as root
  std::vector<ProtectionFact> protections;      // each once, in the order of Protection
  std::optional<std::string> security_modules;  // securityfs, lsm; nullopt: not to be read
};
MachineReport ProbeMachine(const CgroupSource& cgroups = {});

}  // namespace postern::sandbox
