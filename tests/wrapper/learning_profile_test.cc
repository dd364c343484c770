// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/launch/learning_profile.h"

#include <catch2/catch.hpp>

#include "sandbox/confine/landlock.h"
#include "sandbox/confine/process_status.h"
#include "wrapper/launch/launch_plan.h"

namespace postern::wrapper {
namespace {

std::shared_ptr<const sandbox::Profile> Learning(policy::Confinement confinement, unsigned uid,
                                                 int abi = sandbox::kLandlockScopeAbi) {
  policy::ServiceSpec spec;
  spec.id = "test";
  spec.program.path = "/bin/true";
  spec.program.argv = {"true"};
  spec.program.credentials.uid = uid;
  spec.confinement = std::make_shared<const policy::Confinement>(std::move(confinement));
  const auto plan = MakeLaunchPlan(spec, {});
  auto profile = ProfileToLearn(spec, *plan, {.landlock_abi = abi});
  REQUIRE(profile);
  REQUIRE(*profile);
  return *profile;
}

policy::Confinement Strict() {
  policy::Confinement confinement;
  confinement.profile = policy::SandboxProfile::kStrict;
  confinement.namespaces = {.user = true, .mount = true, .pid = true, .net = true};
  confinement.read_only_system = confinement.minimal_root = true;
  confinement.private_tmp = confinement.private_dev = true;
  confinement.landlock = confinement.lock_memory_protection = true;
  confinement.syscalls.removed = {"openat"};
  confinement.connect_to = {25};
  confinement.isolation = policy::Isolation::kFresh;
  return confinement;
}

}  // namespace

TEST_CASE("Nothing is in the way of what shall be learned") {
  const auto profile = Learning(Strict(), 1000);
  CHECK(profile->learning);
  CHECK(profile->filter.empty());
  CHECK_FALSE(profile->report_unlisted);
  CHECK_FALSE(profile->namespaces.net);
  CHECK_FALSE(profile->namespaces.user);
  CHECK_FALSE(profile->files.minimal);
  CHECK_FALSE(profile->files.read_only_system);
  CHECK_FALSE(profile->files.private_tmp);
  CHECK_FALSE(profile->landlock.restrict_files);
  CHECK_FALSE(profile->landlock.restrict_tcp);
  CHECK(profile->landlock.connect_ports.empty());
  CHECK_FALSE(profile->lock_memory_protection);
  CHECK_FALSE(profile->once);
}

TEST_CASE("And nothing that it cannot have later is given away") {
  for (const auto written : {policy::SandboxProfile::kNone, policy::SandboxProfile::kBaseline,
                             policy::SandboxProfile::kStrict}) {
    policy::Confinement confinement;
    confinement.profile = written;
    confinement.no_new_privileges = false;
    confinement.capabilities = confinement.bounding = {"sys_admin", "setuid"};
    const auto profile = Learning(confinement, 0);
    CHECK(profile->no_new_privileges);
    CHECK(profile->namespaces.pid);
    CHECK(profile->namespaces.mount);
    CHECK(profile->landlock.enabled);
    CHECK(profile->landlock.scoped);
    CHECK((profile->capabilities & sandbox::CapabilityNamed("sys_admin").value()) == 0);
    CHECK((profile->capabilities & sandbox::CapabilityNamed("setuid").value()) != 0);
    CHECK(Learning(confinement, 1000)->capabilities == 0);
  }
}

TEST_CASE("Capabilities that a line asks for are kept, and so are its paths") {
  policy::Confinement confinement = Strict();
  confinement.capabilities = confinement.bounding = {"net_raw"};
  confinement.written = {{"capabilities", {}}};
  confinement.hidden_paths = {"/etc/ssl"};
  const auto profile = Learning(confinement, 1000);
  CHECK(profile->capabilities == sandbox::CapabilityNamed("net_raw").value());
  CHECK(profile->files.hidden_paths == confinement.hidden_paths);
}

TEST_CASE("Without Landlock it is learned without") {
  CHECK_FALSE(Learning(Strict(), 1000, 0)->landlock.enabled);
}

}  // namespace postern::wrapper
