// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/launch_step.h"

namespace postern::sandbox {

std::string_view StepText(LaunchStep step) {
  switch (step) {
    case LaunchStep::kClone:
      return "clone";
    case LaunchStep::kDetach:
      return "close_range";
    case LaunchStep::kReceive:
      return "recvmsg";
    case LaunchStep::kDescriptors:
      return "dup3";
    case LaunchStep::kSession:
      return "setsid";
    case LaunchStep::kLimits:
      return "prlimit";
    case LaunchStep::kPriority:
      return "setpriority";
    case LaunchStep::kGroups:
      return "setgroups";
    case LaunchStep::kGroup:
      return "setresgid";
    case LaunchStep::kUser:
      return "setresuid";
    case LaunchStep::kVerify:
      return "credentials check";
    case LaunchStep::kSignals:
      return "rt_sigaction";
    case LaunchStep::kDomain:
      return "landlock_restrict_self";
    case LaunchStep::kExecute:
      return "execve";
  }
  return "unknown step";
}

}  // namespace postern::sandbox
