// SPDX-License-Identifier: BSD-2-Clause
// The zygote's work after it has sealed itself: starting instances, and telling how they end.
//
// One thread, in the service's sandbox, as the service's user. With a pid namespace it is its init:
// it reaps what the instances leave behind, and the kernel ends them all with it.
#pragma once

#include <unordered_map>

#include "sandbox/child_stages.h"
#include "sandbox/profile.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"
#include "sandbox/zygote/protocol.h"

namespace postern::sandbox {

class Zygote {
 public:
  // `children`: a signalfd of SIGCHLD. `domain`: see InstanceTask; may be empty.
  Zygote(const Profile& profile, sys::UniqueFd channel, sys::UniqueFd children,
         sys::UniqueFd domain);
  ~Zygote();

  // Until the channel is closed and no process is left, or, for a profile that says `once`, until
  // the one instance is gone. The error is garbage on the channel, or a system that has run out.
  sys::Status Run();

 private:
  struct Stage;

  bool Finished() const;
  sys::Status Await();
  sys::Status OnChannel();
  sys::Status Launch(const AskLaunch& ask, sys::UniqueFd connection);
  sys::Status Reap();
  sys::Result<bool> TellEnd(pid_t pid, int code, int status);

  const Profile& profile_;
  sys::UniqueFd channel_, children_, domain_;
  ChildStages<Stage> stages_;
  std::unordered_map<pid_t, LaunchId> instances_;
  bool open_ = true;        // posternd may ask for more
  bool congested_ = false;  // an end has to be told, and the channel is full
};

}  // namespace postern::sandbox
