// SPDX-License-Identifier: BSD-2-Clause
#include "policy/service/confinement_plan.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "policy/service/resolve_confinement.h"
#include "tests/testlib/fake_system.h"

namespace postern::policy {
namespace {

// "name = value" of each step; with the line in front where one said so.
std::vector<std::string> Steps(const std::string& text) {
  const Configuration loaded = LoadXinetd(text);
  INFO(Rendered(loaded));
  REQUIRE(loaded.services.size() == 1);
  std::vector<std::string> steps;
  for (const PlanStep& step : ConfinementPlan(*loaded.services[0])) {
    steps.push_back((step.where.file.empty() ? "" : std::to_string(step.where.line) + ": ") +
                    std::string(step.name) + " = " + step.value);
  }
  return steps;
}

std::ptrdiff_t At(const std::vector<std::string>& steps, const std::string& step) {
  const auto found = std::ranges::find(steps, step);
  INFO(step);
  REQUIRE(found != steps.end());
  return found - steps.begin();
}

}  // namespace

TEST_CASE("the plan has the values of the profile, and those of lines with their place") {
  const auto steps = Steps(
      "service s\n{\ntype = UNLISTED\nport = 1\nsocket_type = stream\n"
      "wait = no\nuser = mail\nserver = /bin/echo\nnetwork = client\n"
      "connect_to = 25 587\nsyscalls += chroot\nsyscalls -= ptrace\n}\n");
  At(steps, "sandbox = standard");
  At(steps, "namespaces = mount pid ipc uts");
  At(steps, "1: user = mail (uid 8, gid 8)");
  At(steps, "capabilities = none");
  At(steps, "9: network = client");
  At(steps, "10: connect_to = 25 587");
  At(steps, "12: syscalls = the calls of the standard profile; and chroot; without ptrace");
  At(steps, "syscall_action = kill");
  At(steps, "memory_max = UNLIMITED");
  At(steps, "root = /");
}

TEST_CASE("the plan is in the order in which it is done") {
  const auto steps = Steps(ServiceWith("sandbox = strict\nuser = mail\noom_score_adj = 5"));
  std::vector<std::ptrdiff_t> order = {At(steps, "8: sandbox = strict")};
  for (const char* step :
       {"namespaces = user mount pid net ipc uts cgroup", "private keyring = yes", "root = minimal",
        "capabilities = none", "no_new_privileges = yes", "landlock = yes",
        "syscalls = the calls of the strict profile"}) {
    order.push_back(At(steps, step));
  }
  CHECK(std::ranges::is_sorted(order));
}

TEST_CASE("every attribute of confinement is a step when it is written") {
  const Configuration loaded = LoadXinetd(ServiceWith("oom_score_adj = 5\nconnect_to ="));
  const auto plan = ConfinementPlan(*loaded.services.at(0));
  for (const std::string_view name : ConfinementAttributes()) {
    INFO(name);
    CHECK(std::ranges::count(plan, name, &PlanStep::name) == 1);
  }
}

TEST_CASE("without a sandbox there is nothing to do, and for the relay no plan at all") {
  CHECK(Steps(ServiceWith("sandbox = none")).size() == 1);
  CHECK(Steps("service echo\n{\ntype = INTERNAL UNLISTED\nport = 7\nsocket_type = stream\n"
              "wait = no\n}\n")
            .empty());
}

}  // namespace postern::policy
