// SPDX-License-Identifier: BSD-2-Clause
// What the options of a rule have changed in the gate itself, told to posternd so that it holds for
// a program that the gate does not become.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "daemon/gate_words.h"

namespace postern::daemon {

// What a process is started with, and options can change.
struct ProcessState {
  std::vector<std::string> environment;
  std::uint32_t umask = 022;
  int priority = 0;
  std::uint32_t uid = 0, gid = 0;
};
ProcessState ReadProcessState();

// The error is for the log: what cannot be done for a program that is confined as another user.
std::expected<GateAdviceFrame, std::string> Advice(const ProcessState& before,
                                                   const ProcessState& after,
                                                   const std::optional<std::string>& twist);

}  // namespace postern::daemon
