// SPDX-License-Identifier: BSD-2-Clause
// How a helper process locks itself in: the last thing it does before it touches a byte from
// outside.
//
// Who calls: the main function of each helper, once, with one thread. Afterwards the process has no
// privilege, can gain none, can start nothing, and makes only the system calls it listed; any other
// one kills it. There is no way back.
//
// DIAGNOSTICS: an error means that some step did not hold. The helper must exit: fail closed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "sandbox/sys/error.h"

namespace postern::sandbox {

// Holds when (argument `index` & mask) == value; `present` is false for "any argument".
struct ArgumentRule {
  unsigned index = 0;
  std::uint64_t mask = 0;
  std::uint64_t value = 0;
  bool present = true;
};
inline constexpr ArgumentRule kAnyArgument{0, 0, 0, false};

// One permitted system call, by its name in the kernel; both rules must hold. The same name may
// stand in several rows. A name that this architecture lacks is skipped, one that no architecture
// knows is an error.
struct PermittedCall {
  const char* name;
  ArgumentRule first = kAnyArgument;
  ArgumentRule second = kAnyArgument;
};

struct HelperUser {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

// Gives up root and every capability, forbids inspection, new processes, files and privileges, and
// dies with the parent. `user` must be given when the caller is root, and must not be root.
sys::Status GiveUpPrivileges(const std::optional<HelperUser>& user, std::uint64_t open_files);

// From here on, a system call that is not in the table kills the process (seccomp(2)).
sys::Status PermitOnly(std::span<const PermittedCall> calls);

}  // namespace postern::sandbox
