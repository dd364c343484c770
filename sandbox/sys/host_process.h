// SPDX-License-Identifier: BSD-2-Clause
// What the options of an access rule change about the process that asks.
#pragma once

#include <string>

#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox::sys {

Status AddNice(int increment);                                             // nice(2)
Status SetEnvironment(const std::string& name, const std::string& value);  // setenv(3)

// The process becomes `/bin/sh -c command` with the connection as descriptors 0, 1 and 2 and no
// other. Returns on failure only; the connection is on 0, 1 and 2 then too.
Status BecomeShell(const UniqueFd& connection, const std::string& command);

}  // namespace postern::sandbox::sys
