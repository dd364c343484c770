// SPDX-License-Identifier: BSD-2-Clause
// What a zygote tells of the instances it was asked for.
#pragma once

#include <cstdint>
#include <string>

#include "sandbox/launch_step.h"
#include "sandbox/profile.h"
#include "sandbox/sys/process.h"

namespace postern::daemon {

// Who hears what becomes of an instance: of each id one OnInstanceStarted at most, then
// OnInstanceFailed at most, and in the end one OnInstanceEnded or OnInstanceLost.
class InstanceEvents {
 public:
  virtual void OnInstanceStarted(sandbox::LaunchId id, pid_t pid) = 0;
  // No program ran. OnInstanceEnded follows, unless there was no process either
  // (LaunchStep::kClone).
  virtual void OnInstanceFailed(sandbox::LaunchId id, sandbox::LaunchStep step, int error) = 0;
  virtual void OnInstanceEnded(sandbox::LaunchId id, sandbox::sys::Exit how) = 0;
  // A process in the sandbox was killed for a call that the profile's filter does not list; one of
  // this instance, which may go on, or of none that runs any more: `id` is 0.
  virtual void OnUnlistedCall(const sandbox::Profile& profile, sandbox::LaunchId id,
                              std::uint32_t call) = 0;
  // The sandbox could not be made, or is gone, and what ran in it with it.
  virtual void OnInstanceLost(sandbox::LaunchId id, const std::string& why) = 0;

 protected:
  ~InstanceEvents() = default;
};

}  // namespace postern::daemon
