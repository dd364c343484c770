// SPDX-License-Identifier: BSD-2-Clause
// What the main functions of posternd's helpers have in common: the command line, what they let go
// of, and how they end.
//
//   postern-NAME [--user UID GID]      the ids are required when started as root
//
// DIAGNOSTICS: exit 0 when posternd closes the channel. Anything else is one line on standard error
// and exit 1; usage, exit 2. A helper never runs less confined than it should.
#pragma once

#include <cerrno>
#include <optional>
#include <string>

#include "daemon/helper_state.h"
#include "sandbox/helper_confinement.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/process.h"

namespace postern::daemon {

// False when the command line is not understood; that has been said.
bool ParseHelperArguments(const char* name, int argc, char** argv,
                          std::optional<sandbox::HelperUser>& user);

// Lets go of the directory, of every descriptor but the standard ones and the channel, and of the
// signals of the terminal and of failed writes. The first thing that a helper does.
sandbox::sys::Status LetGo();

// The exit status.
int EndHelper(const char* name, HelperState state);
int FailHelper(const char* name, const std::string& reason);

// `set_up` does everything that needs a file or a right, up to the point of no return, and returns
// what is then to Run(). EPIPE from it: posternd has closed the channel.
template <typename SetUp>
[[noreturn]] void RunHelper(const char* name, int argc, char** argv, const SetUp& set_up) {
  std::optional<sandbox::HelperUser> user;
  if (!ParseHelperArguments(name, argc, argv, user)) sandbox::sys::ExitNow(2);
  const auto helper = set_up(user);
  if (helper) sandbox::sys::ExitNow(EndHelper(name, (*helper)->Run()));
  const bool closed = helper.error().number == EPIPE;
  sandbox::sys::ExitNow(closed ? 0 : FailHelper(name, helper.error().ToString()));
}

}  // namespace postern::daemon
