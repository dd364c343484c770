// SPDX-License-Identifier: BSD-2-Clause
#include "policy/service/service_check.h"

#include <catch2/catch.hpp>

#include "tests/testlib/fake_system.h"

namespace postern::policy {

TEST_CASE("one run finds the errors of all parts") {
  const Configuration loaded = LoadXinetd(ServiceWith(
      "bind = nosuch\nuser = nosuch\nwait = yes\nonly_from = 10.0.0.1\nflags = LABELED"));
  CHECK(Codes(loaded) == "not-supported unresolved-host unknown-user unknown-peer-rules");
}

TEST_CASE("a draft that failed before makes no service, whatever the checks say") {
  FakeSystem system;
  CheckShared shared{system, ""};
  ServiceDraft draft;
  draft.name = draft.id = "echo";
  draft.settings.type.value = TypeSet{.internal = true};
  draft.settings.socket_type.value = SocketType::kStream;
  draft.settings.wait.value = false;
  ServiceDraft failed = draft;
  failed.findings.Error("e", {}, "m");
  CHECK(ServiceCheck(draft, shared).Run() != nullptr);
  CHECK(ServiceCheck(failed, shared).Run() == nullptr);
}

TEST_CASE("errors name the service they are about") {
  const Configuration loaded = LoadXinetd(ServiceWith("id = mine\nuser = nosuch"));
  REQUIRE(loaded.diagnostics.size() == 1);
  CHECK(loaded.diagnostics[0].message.starts_with("service mine: "));
}

}  // namespace postern::policy
