// SPDX-License-Identifier: BSD-2-Clause
#include "policy/service/profile_defaults.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace postern::policy {
namespace {

using enum SandboxProfile;

bool Has(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

TEST_CASE("every profile has a row of its own") {
  for (const SandboxProfile profile : {kNone, kBaseline, kStandard, kStrict}) {
    CHECK(DefaultsOf(profile).profile == profile);
    CHECK(std::ranges::is_sorted(DefaultsOf(profile).capabilities));
  }
}

TEST_CASE("baseline leaves setuid programs what they need and takes what owns the machine") {
  const ProfileDefaults& row = DefaultsOf(kBaseline);
  CHECK_FALSE(row.no_new_privileges);
  CHECK(row.namespaces == NamespaceSet{});
  CHECK(row.network == NetworkAccess::kHost);
  CHECK_FALSE(row.landlock);
  for (const char* kept : {"setuid", "chown", "net_bind_service", "net_admin", "sys_resource"}) {
    CHECK(Has(row.capabilities, kept));
  }
  for (const std::string_view gone : GivesMachineAway()) CHECK_FALSE(Has(row.capabilities, gone));
  CHECK(row.capabilities.size() + GivesMachineAway().size() == 41);
}

TEST_CASE("no profile but none leaves a capability that owns the machine") {
  for (const SandboxProfile profile : {kBaseline, kStandard, kStrict}) {
    for (const std::string_view name : GivesMachineAway()) {
      CHECK_FALSE(Has(DefaultsOf(profile).capabilities, name));
    }
  }
}

TEST_CASE("each profile confines at least as much as the one in front of it") {
  const ProfileDefaults& standard = DefaultsOf(kStandard);
  const ProfileDefaults& strict = DefaultsOf(kStrict);
  CHECK(standard.no_new_privileges);
  CHECK(standard.namespaces.mount);
  CHECK(standard.namespaces.pid);
  CHECK_FALSE(standard.namespaces.net);
  CHECK_FALSE(standard.lock_memory_protection);
  CHECK(strict.namespaces == NamespaceSet{true, true, true, true, true, true, true, false});
  CHECK(strict.minimal_root);
  CHECK(strict.lock_memory_protection);
  CHECK(strict.network == NetworkAccess::kInherited);
}

}  // namespace postern::policy
