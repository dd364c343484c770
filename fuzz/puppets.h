// SPDX-License-Identifier: BSD-2-Clause
// Helpers of posternd that say what they are made to say: each is a process, which hands its end of
// posternd's channel over to this one (puppet_helper.cc). Whatever fails aborts.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "sandbox/sys/unique_fd.h"

namespace postern::fuzz {

struct Puppet {
  pid_t pid = 0;  // by which posternd knows it
  sandbox::sys::UniqueFd channel;
  sandbox::sys::UniqueFd control;  // it ends when this is closed
};

// What posternd is to start.
std::vector<std::string> PuppetCommand();

// The next that has started.
Puppet AwaitPuppet();

}  // namespace postern::fuzz
