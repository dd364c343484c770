// SPDX-License-Identifier: BSD-2-Clause
// Starts a program whose output we read: for small programs of one thread that wait for it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox {

struct ReadProgram {
  sys::UniqueFd pidfd;
  sys::UniqueFd output;  // its standard output
};

// Searches `path` ("/bin:/usr/bin") for argv[0], as execvp(3) does with $PATH, and gives it that
// PATH. Its standard input is /dev/null; its standard error and the rest of its environment are
// ours. Fails with execve's errno when there is no such program. It dies with us.
sys::Result<ReadProgram> StartForReading(const std::vector<std::string>& argv,
                                         const std::string& path);

// What there is of it, after waiting for something; 0 is the end.
sys::Result<std::size_t> ReadOutput(const ReadProgram& program, std::span<char> buffer);

}  // namespace postern::sandbox
