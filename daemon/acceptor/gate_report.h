// SPDX-License-Identifier: BSD-2-Clause
// What a postern-gate that has ended had said (daemon/gate_words.h).
//
// The gate runs as the service's user and reads answers of name servers: of what it writes nothing
// is used but which of these it means, and it means nobody's session but its own.
#pragma once

#include <cstdint>

#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

enum class GateReport : std::uint8_t {
  kRefused,
  kBecame,   // the program or the command of `twist`: how the process ended says how that ended
  kFailed,   // to become it
  kNothing,  // ended, or was ended, before it had decided; or rubbish: nobody was let in
};
GateReport ReadGateReport(const sandbox::sys::UniqueFd& status);

}  // namespace postern::daemon
