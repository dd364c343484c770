// SPDX-License-Identifier: BSD-2-Clause
// What the kernel tells of another process in /proc/PID (proc(5)), from one held folder: when the
// process is gone every answer is an error (ESRCH, ENOENT), whoever has its number by then.
//
// Who calls: the tools, as root. The process is not asked and does not notice.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "sandbox/confine/namespaces.h"
#include "sandbox/confine/process_status.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"
#include "sandbox/sys/wait.h"

namespace postern::sandbox {

class ProcessFolder {
 public:
  static sys::Result<ProcessFolder> Open(pid_t pid);

  pid_t pid() const { return pid_; }
  sys::Result<ProcessStatus> Status() const;
  sys::Result<NamespaceIds> Namespaces() const { return ReadNamespaces(folder_); }
  sys::Result<int> OomScoreAdjustment() const;
  sys::Result<std::vector<std::string>> Arguments() const;
  // The path it was started from, also when that was replaced since.
  sys::Result<std::string> Program() const;
  sys::Result<sys::UniqueFd> Root() const;       // what "/" is for it; O_PATH
  sys::Result<std::uint64_t> CoreLimit() const;  // hard; getrlimit(2), RLIMIT_CORE

 private:
  ProcessFolder(pid_t pid, sys::UniqueFd folder) : pid_(pid), folder_(std::move(folder)) {}
  sys::Result<std::string> Read(const char* name) const;

  pid_t pid_;
  sys::UniqueFd folder_;
};

// Once it is under more filters than this: a zygote that is being made is not sealed before. Looks
// every millisecond. ETIMEDOUT.
sys::Result<ProcessStatus> AwaitFilter(const ProcessFolder& process, unsigned more_than,
                                       const sys::Deadline& deadline);

// A path as a process sees it.
struct FileSight {
  bool present = false;
  bool same = false;      // it is what the other root has there
  bool writable = false;  // the mount is; permissions are another matter
};
// Links are followed inside of the root that they are in. No error: what cannot be looked at
// because it is not there, or is no folder, is not present.
sys::Result<FileSight> LookAt(const sys::UniqueFd& root, const sys::UniqueFd& other_root,
                              const char* path);

}  // namespace postern::sandbox
