// SPDX-License-Identifier: BSD-2-Clause
// A filter that allows everything but one call, about which it asks.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstddef>
#include <cstdint>

#include "sandbox/profile.h"

namespace postern::testlib {

inline sandbox::FilterProgram AskingAbout(std::uint32_t call) {
  return {{BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(offsetof(seccomp_data, nr))},
          {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, call},
          {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_USER_NOTIF},
          {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
}

}  // namespace postern::testlib
