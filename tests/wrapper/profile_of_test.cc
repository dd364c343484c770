// SPDX-License-Identifier: BSD-2-Clause
// What the words of a configuration become for the kernel, on kernels old and new.
#include "wrapper/launch/profile_of.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <utility>

#include "sandbox/confine/landlock.h"
#include "sandbox/filter/bpf_evaluator.h"
#include "wrapper/launch/launch_plan.h"

namespace postern::wrapper {
namespace {

using policy::NetworkAccess;
using policy::SandboxProfile;

policy::Confinement Confined(SandboxProfile profile, NetworkAccess network) {
  policy::Confinement confinement;
  confinement.profile = profile;
  confinement.network = network;
  confinement.landlock = profile != SandboxProfile::kBaseline;
  confinement.no_new_privileges = confinement.landlock;
  return confinement;
}

std::shared_ptr<const sandbox::Profile> ProfileFor(policy::Confinement confinement, int abi) {
  policy::ServiceSpec spec;
  spec.id = "test";
  spec.program.path = "/bin/true";
  spec.program.argv = {"true"};
  spec.confinement = std::make_shared<const policy::Confinement>(std::move(confinement));
  const auto plan = MakeLaunchPlan(spec, {});
  auto profile = ProfileOf(spec, *plan, {.landlock_abi = abi});
  REQUIRE(profile);
  return *profile;
}

}  // namespace

TEST_CASE("connect_to takes Landlock for TCP in every profile") {
  for (const auto profile :
       {SandboxProfile::kBaseline, SandboxProfile::kStandard, SandboxProfile::kStrict}) {
    for (const auto network : {NetworkAccess::kClient, NetworkAccess::kServer}) {
      // Whatever the kernel: one that cannot is the zygote's to judge, which refuses.
      for (const int abi : {0, sandbox::kLandlockTcpAbi - 1, sandbox::kLandlockTcpAbi}) {
        auto confinement = Confined(profile, network);
        confinement.connect_to = {25, 587};
        const auto made = ProfileFor(confinement, abi);
        CHECK(made->landlock.enabled);
        CHECK(made->landlock.restrict_tcp);
        CHECK(made->landlock.restrict_files == confinement.landlock);
        CHECK(made->landlock.connect_ports == *confinement.connect_to);
        confinement.connect_to.emplace();
        CHECK(ProfileFor(confinement, abi)->landlock.restrict_tcp);
      }
    }
  }
  const auto free = Confined(SandboxProfile::kBaseline, NetworkAccess::kClient);
  CHECK_FALSE(ProfileFor(free, sandbox::kLandlockTcpAbi)->landlock.enabled);
}

TEST_CASE("without a network of its own, a service connects only where Landlock looks") {
  const auto inherited = Confined(SandboxProfile::kStandard, NetworkAccess::kInherited);
  auto no_ports = inherited;
  no_ports.connect_to.emplace();
  for (const auto& confinement : {inherited, no_ports}) {
    CHECK(ProfileFor(confinement, sandbox::kLandlockTcpAbi)->landlock.restrict_tcp);
    const auto old = ProfileFor(confinement, sandbox::kLandlockTcpAbi - 1);
    CHECK_FALSE(old->landlock.restrict_tcp);
    // So the filter of an old kernel's service is another, and refuses connect(2).
    CHECK(old->filter != ProfileFor(confinement, sandbox::kLandlockTcpAbi)->filter);
  }
}

TEST_CASE("Unlisted calls are reported where the zygote can kill whoever makes one") {
  const auto asks = [](const sandbox::Profile& profile) {
    return std::ranges::any_of(profile.filter, [](const sandbox::FilterInstruction& one) {
      return one.code == (BPF_RET | BPF_K) && one.operand == SECCOMP_RET_USER_NOTIF;
    });
  };
  auto standard = Confined(SandboxProfile::kStandard, NetworkAccess::kInherited);
  standard.namespaces.pid = true;
  const auto reported = [&](const policy::Confinement& confinement) {
    const auto made = ProfileFor(confinement, sandbox::kLandlockTcpAbi);
    CHECK(asks(*made) == made->report_unlisted);
    return made->report_unlisted;
  };
  CHECK(reported(standard));
  auto changed = standard;
  SECTION("without a pid namespace callers would outlive it") { changed.namespaces.pid = false; }
  SECTION("a setuid program is another user's") { changed.no_new_privileges = false; }
  SECTION("so is what became another user") { changed.capabilities = {"setuid"}; }
  SECTION("nobody is killed") { changed.syscall_action = policy::SyscallAction::kErrno; }
  SECTION("nothing is refused") { changed.syscall_action = policy::SyscallAction::kLog; }
  CHECK_FALSE(reported(changed));
  changed = standard;
  changed.capabilities = {"kill", "setuid"};
  CHECK(reported(changed));
}

}  // namespace postern::wrapper
