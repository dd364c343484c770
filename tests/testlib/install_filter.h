// SPDX-License-Identifier: BSD-2-Clause
// Puts the calling process, a child of a test or of a measurement, under a filter.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vector>

#include "sandbox/profile.h"

namespace postern::testlib {

inline bool InstallFilter(const sandbox::FilterProgram& program) {
  std::vector<sock_filter> instructions;
  for (const auto& [code, jump_true, jump_false, operand] : program) {
    instructions.push_back({code, jump_true, jump_false, operand});
  }
  const sock_fprog filter{static_cast<unsigned short>(instructions.size()), instructions.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0;
}

}  // namespace postern::testlib
