// SPDX-License-Identifier: BSD-2-Clause
// What a postern-gate that has ended had said (daemon/gate_words.h).
//
// The gate runs as the service's user and reads answers of name servers: of what it writes nothing
// is used but which of these it means, and it means nobody's session but its own. Its advice
// becomes part of a program that runs as that same user, in a sandbox.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

enum class GateReport : std::uint8_t {
  kRefused,
  kBecame,   // the program or the command of `twist`: how the process ended says how that ended
  kFailed,   // to become it
  kAdvised,  // the client may use the program, which is posternd's to start
  kNothing,  // ended, or was ended, before it had decided; or rubbish: nobody was let in
};

// What options of the rule set for the program.
struct GateAdvice {
  std::optional<std::uint32_t> umask;
  std::optional<int> priority;       // absolute, -20..19
  std::vector<std::string> words;    // NAME=VALUE, in the place of those of the same name
  std::optional<std::string> twist;  // the command to run instead
};

struct GateAccount {
  GateReport report = GateReport::kNothing;
  GateAdvice advice;  // kAdvised
};
GateAccount ReadGateReport(const sandbox::sys::UniqueFd& status);

}  // namespace postern::daemon
