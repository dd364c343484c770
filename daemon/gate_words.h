// SPDX-License-Identifier: BSD-2-Clause
// What posternd and postern-gate have to agree about: the command line and the exit status.
//
//   postern-gate MODE DAEMON PROGRAM NAME [ARGUMENT…]
//
// DAEMON is the name to ask the access files about. PROGRAM, with NAME and the arguments as its
// argv, is what the gate becomes when the client may use it.
#pragma once

namespace postern::daemon {

inline constexpr const char* kGateDecides = "decide";
// posternd has refused the client already: the options of the rule act, and no program is started.
inline constexpr const char* kGateRefuses = "refuse";

// The gate refused. A program that it became may end so by itself as well.
inline constexpr int kGateRefused = 125;

}  // namespace postern::daemon
