// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/daemon_capabilities.h"

#include <linux/capability.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "sandbox/confine/capabilities.h"
#include "sandbox/confine/process_status.h"
#include "sandbox/sys/files.h"

namespace postern::sandbox {
namespace {

ProcessStatus Own() {
  return ParseProcessStatus(sys::ReadFile("/proc/self/status", 65536).value()).value();
}

// In a child: what was given up does not come back.
template <typename Check>
bool Afterwards(const Check& check) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(KeepDaemonCapabilities() && check() ? 0 : 1);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_CASE("The daemon holds what it needs, and the bounding set stays for programs of root's") {
  const CapabilitySets before = Own().capabilities;
  CHECK(Afterwards([&before] {
    const CapabilitySets now = Own().capabilities;
    return now.permitted == (before.permitted & DaemonCapabilities()) &&
           now.effective == now.permitted && now.inheritable == 0 &&
           now.bounding == before.bounding;
  }));
}

TEST_CASE("What reaches into the kernel is not among what the daemon holds") {
  for (const int number : {CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_SYS_BOOT, CAP_SYS_TIME, CAP_NET_ADMIN,
                           CAP_NET_RAW, CAP_MAC_ADMIN, CAP_BPF, CAP_SYSLOG}) {
    CHECK((DaemonCapabilities() & Capability(number)) == 0);
  }
}

TEST_CASE("Who has none gives none up") {
  CHECK(Afterwards(
      [] { return SetCapabilities(0, 0, 0).has_value() && KeepDaemonCapabilities().has_value(); }));
}

}  // namespace
}  // namespace postern::sandbox
