// SPDX-License-Identifier: BSD-2-Clause
// What posternd and postern-gate have to agree about: the command line and the status pipe.
//
//   postern-gate MODE ENDS DAEMON PROGRAM NAME [ARGUMENT…]
//
// ENDS says where the gate learns whose connection it is. DAEMON is the name to ask the access
// files about. PROGRAM, with NAME and the arguments as its argv, is what the gate becomes when the
// client may use it.
//
// The gate is gone from the process when it has become a program, whose exit status says nothing
// about the gate. What the gate itself has to say it says in the status pipe
// (sandbox::kStatusDescriptor, sandbox/launch_plan.h), one letter for each step; the last one
// counts. A gate that ended without a letter has decided nothing.
#pragma once

#include <array>
#include <cstdint>

namespace postern::daemon {

inline constexpr const char* kGateDecides = "decide";
// The program is confined, and the gate is not: it becomes nothing, and advises posternd how to
// start the program.
inline constexpr const char* kGateAdvises = "advise";
// posternd has refused the client already: the options of the rule act, and no program is started.
inline constexpr const char* kGateRefuses = "refuse";

inline constexpr const char* kGateAsksSocket = "socket";
// The socket's peer is postern-relay or a proxy. posternd has the last word about the variables of
// the environment that tell of the client and of where he came to.
inline constexpr const char* kGateIsToldEnds = "told";

inline constexpr char kGateSaysRefused = 'R';
inline constexpr char kGateSaysAllowed = 'A';  // and becomes the program, or the command of `twist`
inline constexpr char kGateSaysFailed = 'F';   // behind kGateSaysAllowed: it could not
inline constexpr char kGateSaysAdvice = 'V';   // allowed; a GateAdviceFrame follows

// What options of the rule set for the program. `words` holds `length` bytes: NAME=VALUE words that
// take the place of those of the same name, each followed by a null byte; with `twist` the last
// word is the command that is run instead of the program. Small enough for one write (pipe(7),
// PIPE_BUF).
struct GateAdviceFrame {
  std::uint32_t has_umask = 0, umask = 0;
  std::uint32_t has_priority = 0;
  std::int32_t priority = 0;  // absolute, -20..19
  std::uint32_t twist = 0;
  std::uint32_t length = 0;
  std::array<char, 3072> words{};
};

// For whoever looks at the process; posternd does not.
inline constexpr int kGateRefused = 125;

}  // namespace postern::daemon
