// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/daemon_capabilities.h"

#include <linux/capability.h>

#include "sandbox/confine/capabilities.h"
#include "sandbox/confine/process_status.h"
#include "sandbox/sys/files.h"

namespace postern::sandbox {
namespace {

constexpr std::size_t kMaxStatus = 64 * 1024;

constexpr int kKept[] = {
    CAP_CHOWN,             // the socket of a unix service, and its log
    CAP_DAC_OVERRIDE,      // logs, pid file and sockets in folders of others
    CAP_DAC_READ_SEARCH,   // configuration that root alone may read
    CAP_FOWNER,            // the mode of such a socket
    CAP_KILL,              // max_lifetime, a relay or zygote that has failed
    CAP_NET_BIND_SERVICE,  // ports below 1024, again at each reload
    CAP_SETGID,            // a service without a sandbox, before its execve
    CAP_SETUID,            // the same
    CAP_SYS_ADMIN,         // the pid namespace of a zygote
    CAP_SYS_NICE,          // nice = a negative number
    CAP_SYS_PTRACE,        // what a server has started, in a /proc that hides processes
    CAP_SYS_RESOURCE,      // limits above its own
};

}  // namespace

CapabilityMask DaemonCapabilities() {
  CapabilityMask mask = 0;
  for (const int number : kKept) mask |= Capability(number);
  return mask;
}

sys::Status KeepDaemonCapabilities() {
  TRY(const std::string text, sys::ReadFile("/proc/self/status", kMaxStatus));
  TRY(const ProcessStatus status, ParseProcessStatus(text));
  const CapabilityMask kept = status.capabilities.permitted & DaemonCapabilities();
  if (status.capabilities.permitted == 0) return {};
  return SetCapabilities(kept, kept, 0);
}

}  // namespace postern::sandbox
