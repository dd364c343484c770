// SPDX-License-Identifier: BSD-2-Clause
// What can be seen of a thread whose call waits: its program, the names it passes, what it has
// taken. Reads /proc and its memory (process_vm_readv(2)) as the service's user, and nothing of it
// after that: the service may lie in all of it.
//
// A process of another user, or one that is not dumpable, shows no memory, no program and no
// descriptors (ptrace(2), "Ptrace access mode checking").
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "sandbox/learn/learned.h"

namespace postern::sandbox {

struct TaskStatus {
  std::string name;  // comm, proc_pid_comm(5)
  pid_t process = 0;
  std::uint64_t address_peak_kib = 0, resident_peak_kib = 0;
};
std::optional<TaskStatus> ReadTaskStatus(pid_t task);

// The path of its program; its name in brackets where that may not be seen.
std::string ProgramOf(pid_t task, const std::string& name);

bool HasEnded(pid_t task);                  // it is gone, or a zombie
std::uint64_t CpuMilliseconds(pid_t task);  // of its process; 0 when unknown

// A C string of at most PATH_MAX bytes at this address of the task. Nothing when it cannot be read.
std::optional<std::string> ReadText(pid_t task, std::uint64_t address);

// The same name, absolute: for the task's own working directory and root. `directory` is the
// descriptor it is relative to; AT_FDCWD, or below 0, for the working directory. "." and ".." are
// resolved as text.
std::optional<std::string> AbsolutePath(pid_t task, int directory, const std::string& name);

FoundAs LookAt(const std::string& path, bool& set_id);

// Where connect(2) leads: the family and port, or the name of an AF_UNIX socket.
struct Destination {
  ConnectedTo to;
  std::string path;  // empty: not AF_UNIX, or an abstract or unnamed one
};
std::optional<Destination> ReadDestination(pid_t task, std::uint64_t address, std::uint64_t size);

bool HasDescriptor(pid_t task, std::uint64_t number);
// The size of the regular file that is open for writing there; 0 for anything else.
std::uint64_t WrittenFileSize(pid_t task, std::uint64_t number);

}  // namespace postern::sandbox
