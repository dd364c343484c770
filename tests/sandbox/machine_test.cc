// SPDX-License-Identifier: BSD-2-Clause
// What the machine has, as found by asking; the one that asks stays as it was.
#include "sandbox/confine/machine.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "sandbox/confine/landlock.h"
#include "sandbox/confine/namespaces.h"
#include "tests/testlib/child.h"
#include "tests/testlib/fake_call.h"

namespace postern::sandbox {
namespace {

Standing StandingOf(const MachineReport& report, Protection protection) {
  const auto found = std::ranges::find(report.protections, protection, &ProtectionFact::protection);
  return found == report.protections.end() ? Standing::kUntried : found->standing;
}

TEST_CASE("Every protection is told of once, in order") {
  const MachineReport report = ProbeMachine();
  REQUIRE(report.protections.size() == static_cast<std::size_t>(Protection::kCloseRange) + 1);
  for (std::size_t i = 0; i < report.protections.size(); ++i) {
    CHECK(static_cast<std::size_t>(report.protections[i].protection) == i);
  }
  CHECK_FALSE(report.kernel.empty());
}

TEST_CASE("Landlock counts as far as its number goes") {
  const MachineReport report = ProbeMachine();
  const int abi = LandlockAbi().value_or(0);
  const auto has = [&](Protection one) { return StandingOf(report, one) == Standing::kPresent; };
  CHECK(has(Protection::kLandlockFiles) == (abi >= 1));
  CHECK(has(Protection::kLandlockTcp) == (abi >= kLandlockTcpAbi));
  CHECK(has(Protection::kLandlockScopes) == (abi >= kLandlockScopeAbi));
}

TEST_CASE("Who asks stays in its namespaces, and may still gain privileges") {
  const sys::UniqueFd self(::open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto before = ReadNamespaces(self);
  const int privileges = ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
  ProbeMachine();
  const auto after = ReadNamespaces(self);
  REQUIRE((before && after));
  for (const Namespace kind : kAllNamespaces) CHECK(before->of(kind) == after->of(kind));
  CHECK(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == privileges);
}

TEST_CASE("What the kernel refuses is missing, and what it grants is not") {
  CHECK(testlib::StatusOfChild([] {
          if (!testlib::FakeCall(SYS_keyctl, ENOSYS)) return 1;
          const MachineReport report = ProbeMachine();
          if (StandingOf(report, Protection::kKeyring) != Standing::kMissing) return 2;
          return StandingOf(report, Protection::kNoNewPrivileges) == Standing::kPresent ? 0 : 3;
        }) == 0);
}

}  // namespace
}  // namespace postern::sandbox
