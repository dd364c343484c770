// SPDX-License-Identifier: BSD-2-Clause
// A process and what it has started, found in /proc (proc(5), stat: ppid and session).
//
// LIMITS. A descendant whose parents are gone and that made a session of its own belongs to nobody
// any more, but to the process that the kernel gave it to (prctl(2), PR_SET_CHILD_SUBREAPER;
// pid_namespaces(7)).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <vector>

#include "sandbox/sys/error.h"

namespace postern::sandbox::sys {

struct Process {
  pid_t pid = 0, parent = 0, session = 0;
  std::uint64_t started = 0;  // clock ticks since boot
};
// Zombies do not count.
Result<std::vector<Process>> AllProcesses();

// `root`, its descendants, and every process of the session that it leads. Zombies do not count.
Result<std::vector<pid_t>> ProcessTree(pid_t root);

// Sends the signal to all of them. SIGKILL is repeated, at most a few times, for what is started
// meanwhile.
Status SignalTree(pid_t root, int signal);

// One that has ended is no error, and nobody gets its signal who has its number by now.
Status Signal(const Process& process, int signal);

// Every descendant of `root` that does not belong to the tree of one of `branches`, as
// ProcessTree() has it.
Result<std::vector<Process>> DescendantsBeside(pid_t root, std::span<const pid_t> branches);

// Whether `parent` has a child that is not one of `known` (proc(5), task/TID/children: one file
// instead of all of /proc). True as well when that cannot be told. `parent` has one thread.
bool MayHaveOtherChildren(pid_t parent, std::span<const pid_t> known);

}  // namespace postern::sandbox::sys
