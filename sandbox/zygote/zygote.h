// SPDX-License-Identifier: BSD-2-Clause
// The zygote's work after it has sealed itself: starting instances, telling how they end, and
// killing who makes a call that is not listed.
//
// One thread, in the service's sandbox, as the service's user. With a pid namespace it is its init:
// it reaps what the instances leave behind, and the kernel ends them all with it.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "sandbox/child_stages.h"
#include "sandbox/profile.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"
#include "sandbox/zygote/protocol.h"
#include "sandbox/zygote/unlisted.h"

namespace postern::sandbox {

class Zygote {
 public:
  // `children`: a signalfd of SIGCHLD. `domain`: see InstanceTask; may be empty. `unlisted`: see
  // Report::unlisted_calls; may be empty.
  Zygote(const Profile& profile, sys::UniqueFd channel, sys::UniqueFd children,
         sys::UniqueFd domain, sys::UniqueFd unlisted);
  ~Zygote();

  // Until the channel is closed and no process is left, or, for a profile that says `once`, until
  // the one instance is gone. The error is garbage on the channel, or a system that has run out.
  sys::Status Run();

 private:
  struct Stage;
  struct Instance {
    LaunchId id = 0;
    std::uint32_t kills_told = 0;
  };

  bool Finished() const;
  sys::Status Await();
  sys::Status OnChannel();
  sys::Status OnBegin(const AskLaunch& received, std::size_t size);
  sys::Status Launch(const AskLaunch& ask, sys::UniqueFd connection);
  sys::Status Reap();
  sys::Status OnUnlisted();
  template <typename Answer>
  void Tell(std::optional<Answer>& waiting);
  sys::Result<bool> TellEnd(pid_t pid, int code, int status);

  const Profile& profile_;
  sys::UniqueFd channel_, children_, domain_;
  ChildStages<Stage> stages_;
  std::unordered_map<pid_t, Instance> instances_;  // each leads the session of that number
  UnlistedCalls unlisted_;
  AskLaunch asked_;
  sys::UniqueFd connection_;  // of `asked_`, which waits for its AskBegin; empty: none does
  std::optional<AnswerUnlisted> kill_to_tell_;
  std::optional<AnswerFailed> failure_to_tell_;
  std::uint32_t others_kills_told_ = 0;  // since the last launch
  bool open_ = true;                     // posternd may ask for more
  bool congested_ = false;               // something has to be told, and the channel is full
};

}  // namespace postern::sandbox
