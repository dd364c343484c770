// SPDX-License-Identifier: BSD-2-Clause
// Needs root, but not every capability: what a container lacks is passed over.
#include "sandbox/confine/capabilities.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <utility>

#include "sandbox/confine/process_status.h"
#include "sandbox/sys/files.h"
#include "tests/testlib/child.h"

namespace postern::sandbox {
namespace {

using testlib::StatusOfChild;

CapabilitySets Now() {
  const auto text = sys::ReadFile("/proc/self/status", 65536);
  return ParseProcessStatus(text.value_or("")).value_or(ProcessStatus{}).capabilities;
}

constexpr CapabilityMask kChown = Capability(CAP_CHOWN), kKill = Capability(CAP_KILL);

TEST_CASE("Capabilities have the kernel's numbers") {
  const std::pair<const char*, int> known[] = {{"chown", CAP_CHOWN},
                                               {"dac_override", CAP_DAC_OVERRIDE},
                                               {"fowner", CAP_FOWNER},
                                               {"fsetid", CAP_FSETID},
                                               {"kill", CAP_KILL},
                                               {"setgid", CAP_SETGID},
                                               {"setuid", CAP_SETUID},
                                               {"setpcap", CAP_SETPCAP},
                                               {"net_raw", CAP_NET_RAW},
                                               {"sys_admin", CAP_SYS_ADMIN},
                                               {"sys_chroot", CAP_SYS_CHROOT},
                                               {"mknod", CAP_MKNOD},
                                               {"audit_write", CAP_AUDIT_WRITE},
                                               {"net_bind_service", CAP_NET_BIND_SERVICE},
                                               {"checkpoint_restore", CAP_CHECKPOINT_RESTORE}};
  for (const auto& [name, number] : known) CHECK(CapabilityNamed(name) == Capability(number));
  CHECK(CapabilityNamed("CHOWN") == kChown);
}

TEST_CASE("A name and its bit lead to each other, for every capability of the kernel") {
  for (int number = 0; ::prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0; ++number) {
    const std::string name = CapabilityNames(Capability(number));
    INFO(name);
    CHECK(CapabilityNamed(name) == Capability(number));
  }
  CHECK(CapabilityNames(kKill | kChown) == "chown kill");
  CHECK(CapabilityNames(0) == "");
  CHECK(CapabilityNames(CapabilityMask{1} << 63) == "63");
}

TEST_CASE("What is no name is none") {
  for (const char* name : {"", "cap_chown", "chow", "chown ", "0", "63", "all"}) {
    INFO(name);
    CHECK_FALSE(CapabilityNamed(name));
  }
}

TEST_CASE("The sets are what was asked for, each by itself") {
  CHECK(StatusOfChild([] {
          if (!LimitBounding(kChown | kKill)) return 1;
          if (!SetCapabilities(kChown | kKill, kKill, kChown)) return 2;
          if (!SetAmbient(kChown)) return 3;
          if (*ReadPermitted() != (kChown | kKill)) return 4;
          const CapabilitySets expected{kChown | kKill, kKill, kChown, kChown | kKill, kChown};
          return Now() == expected ? 0 : 5;
        }) == 0);
}

TEST_CASE("An ambient set replaces the one before") {
  CHECK(StatusOfChild([] {
          if (!SetCapabilities(kChown | kKill, 0, kChown | kKill)) return 1;
          if (!SetAmbient(kChown | kKill) || !SetAmbient(kKill)) return 2;
          return Now().ambient == kKill ? 0 : 3;
        }) == 0);
}

TEST_CASE("What is not permitted cannot be had, and the error names it") {
  CHECK(StatusOfChild([] {
          if (!SetCapabilities(kChown, kChown, kChown)) return 1;
          const auto raised = SetCapabilities(kChown | kKill, kChown, kChown);
          if (raised || raised.error().number != EPERM) return 2;
          const auto ambient = SetAmbient(kKill);
          return !ambient && ambient.error().object == "PR_CAP_AMBIENT_RAISE kill" ? 0 : 3;
        }) == 0);
}

TEST_CASE("Without setpcap the bounding set cannot be limited, unless there is nothing to take") {
  CHECK(StatusOfChild([] {
          if (!LimitBounding(kChown) || !SetCapabilities(0, 0, 0)) return 1;
          if (!LimitBounding(kChown | kKill)) return 2;
          const auto limited = LimitBounding(0);
          return !limited && limited.error().number == EPERM ? 0 : 3;
        }) == 0);
}

TEST_CASE("Locked secure bits keep root's id from meaning anything") {
  CHECK(StatusOfChild([] {
          const CapabilityMask permitted = *ReadPermitted();
          if (!SetCapabilities(permitted, permitted, kKill)) return 1;
          if (!LockSecureBits()) return 2;
          if (*ReadSecureBits() != LockedSecureBits()) return 3;
          if (::prctl(PR_SET_SECUREBITS, 0, 0, 0, 0) == 0) return 4;
          if (SetAmbient(kKill)) return 5;
          if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0) return 6;
          // Executed as root, a program has no capability now.
          if (!SetCapabilities(0, 0, 0)) return 7;
          ::execl("/bin/sh", "sh", "-c", "grep -q '^CapEff:.0*$' /proc/self/status", nullptr);
          return 8;
        }) == 0);
}

}  // namespace
}  // namespace postern::sandbox
