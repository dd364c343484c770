// SPDX-License-Identifier: BSD-2-Clause
// What the real libwrap sees of the system: accounts, netgroups and the log are the test's own, and
// every network interface exists.
//
// The functions are defined in this program under the C library's names and exported, so that the
// loaded library finds them first. Nothing it does changes the identity or the log of the process.
#pragma once

#include <string>
#include <vector>

#include "tests/oracle/naive_hosts_access.h"

namespace postern::differential {

// `world` must outlive the questions asked of it.
void SetSurroundings(const oracle::HostsWorld* world);

// What was logged since the last call.
std::vector<std::string> TakeLog();

}  // namespace postern::differential
