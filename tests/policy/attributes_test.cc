// SPDX-License-Identifier: BSD-2-Clause
#include "policy/service/attributes.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace postern::policy {
namespace {

bool Has(BlockKind kind, std::string_view name) {
  return std::ranges::find(AttributeNames(kind), name) != AttributeNames(kind).end();
}

}  // namespace

TEST_CASE("attributes are found by name and alias, whatever the case") {
  CHECK(FindAttribute("PORT")->name == "port");
  CHECK(FindAttribute("Interface")->name == "bind");
  CHECK(FindAttribute("per_sorce") == nullptr);
  CHECK(FindAttribute("") == nullptr);
}

TEST_CASE("near misses are looked for among what the block may hold") {
  CHECK(Has(BlockKind::kService, "server"));
  CHECK_FALSE(Has(BlockKind::kService, "enabled"));
  CHECK(Has(BlockKind::kDefaults, "enabled"));
  CHECK_FALSE(Has(BlockKind::kDefaults, "server"));
  CHECK(Has(BlockKind::kDefaults, "interface"));
}

TEST_CASE("inheriting fills what the service left open, and nothing else") {
  Settings defaults;
  defaults.instances.value = Limit{5};
  defaults.umask.value = 077;
  defaults.passenv.value = Strings{"PATH"};
  defaults.server.value = "/not/inherited";
  Settings service;
  service.umask.value = 022;
  Inherit(Inheritance::kFill, service, defaults);
  CHECK(*service.instances == Limit{5});
  CHECK(*service.umask == 022);
  CHECK_FALSE(service.passenv);
  CHECK_FALSE(service.server);
  Inherit(Inheritance::kBase, service, defaults);
  CHECK(*service.passenv == Strings{"PATH"});
}

}  // namespace postern::policy
