// SPDX-License-Identifier: BSD-2-Clause
// What postern check --kernel makes of what a machine has.
#include <algorithm>
#include <catch2/catch.hpp>
#include <initializer_list>

#include "policy/service/attributes.h"
#include "policy/service/profile_defaults.h"
#include "wrapper/cli/check_kernel.h"

namespace postern::cli {
namespace {

using sandbox::MachineReport;
using sandbox::Protection;
using sandbox::Standing;

constexpr int kProtections = static_cast<int>(Protection::kCloseRange) + 1;

MachineReport Without(std::initializer_list<Protection> missing,
                      Standing standing = Standing::kMissing, bool privileged = true) {
  MachineReport report;
  report.kernel = "6.1.0";
  report.privileged = privileged;
  for (int i = 0; i < kProtections; ++i) {
    const auto one = static_cast<Protection>(i);
    const bool lacks = std::ranges::find(missing, one) != missing.end();
    report.protections.push_back({one, lacks ? standing : Standing::kPresent, "told"});
  }
  return report;
}

Json Named(const Json& answer, std::string_view name) {
  for (const Json& row : answer["protections"]) {
    if (row["name"] == name) return row;
  }
  return {};
}

TEST_CASE("A machine with everything is complete") {
  const Json answer = KernelJson(Without({}));
  CHECK(answer["complete"] == true);
  CHECK(answer["kernel"] == "6.1.0");
  CHECK(answer["privileged"] == true);
  CHECK(answer["security_modules"].is_null());
  REQUIRE(answer["protections"].size() == kProtections);
  for (const Json& row : answer["protections"]) {
    CHECK(row["standing"] == "present");
    CHECK(row["detail"] == "told");
  }
}

TEST_CASE("Without Landlock, standard and strict are refused, and connect_to") {
  const Json answer = KernelJson(
      Without({Protection::kLandlockFiles, Protection::kLandlockTcp, Protection::kLandlockScopes}));
  CHECK(answer["complete"] == false);
  const Json files = Named(answer, "landlock-files");
  CHECK(files["standing"] == "missing");
  CHECK(files["profiles"] == Json({"standard", "strict"}));
  CHECK(files["profiles_without"] == "refused-unless-absent-and-warn");
  CHECK(files["attributes"].empty());
  CHECK(files["attributes_without"].is_null());
  const Json tcp = Named(answer, "landlock-tcp");
  CHECK(tcp["profiles"] == Json({"standard", "strict"}));
  CHECK(tcp["profiles_without"] == "starts-if-absent");
  CHECK(tcp["attributes"] == Json::array({"connect_to"}));
  CHECK(tcp["attributes_without"] == "refused-unless-absent-and-warn");
}

TEST_CASE("Controllers are wanted by attributes alone") {
  const Json answer = KernelJson(Without(
      {Protection::kMemoryController, Protection::kTasksController, Protection::kCpuController}));
  CHECK(answer["complete"] == true);
  const std::pair<const char*, const char*> expected[] = {{"memory-controller", "memory_max"},
                                                          {"pids-controller", "tasks_max"},
                                                          {"cpu-controller", "cpu_max"}};
  for (const auto& [controller, attribute] : expected) {
    const Json row = Named(answer, controller);
    CHECK(row["standing"] == "missing");
    CHECK(row["profiles"].empty());
    CHECK(row["attributes"] == Json::array({attribute}));
    CHECK(row["attributes_without"] == "refused-unless-warn");
  }
}

TEST_CASE("What every profile wants, no warning replaces") {
  for (const Protection one : {Protection::kSeccomp, Protection::kPidfd, Protection::kCloseRange}) {
    const Json answer = KernelJson(Without({one}));
    const Json row = answer["protections"][static_cast<std::size_t>(one)];
    CHECK(answer["complete"] == false);
    CHECK(row["profiles"] == Json({"baseline", "standard", "strict"}));
    CHECK(row["profiles_without"] == "refused");
  }
}

TEST_CASE("Each namespace is wanted by the profiles that have it") {
  const Json answer = KernelJson(Without({}));
  const auto wants = [&](const char* name) { return Named(answer, name)["profiles"]; };
  CHECK(wants("mount-namespace") == Json({"standard", "strict"}));
  CHECK(wants("net-namespace") == Json::array({"strict"}));
  CHECK(wants("cgroup-namespace") == Json::array({"strict"}));
  CHECK(wants("user-namespace") == Json::array({"strict"}));
  CHECK(wants("time-namespace").empty());
}

TEST_CASE("Without root's rights, a user namespace comes before the others") {
  const Json answer = KernelJson(Without({Protection::kUserNamespace}, Standing::kUntried, false));
  CHECK(answer["complete"] == false);
  const Json row = Named(answer, "user-namespace");
  CHECK(row["standing"] == "untried");
  CHECK(row["profiles"] == Json({"standard", "strict"}));
}

TEST_CASE("Root's daemon cannot start a service without the pid namespace that it wants") {
  const auto without = [](bool privileged) {
    const auto report = Without({Protection::kPidNamespace}, Standing::kMissing, privileged);
    return Named(KernelJson(report), "pid-namespace")["profiles_without"];
  };
  CHECK(without(true) == "refused");
  CHECK(without(false) == "refused-unless-warn");
}

TEST_CASE("Every attribute that is named is one") {
  std::size_t named = 0;
  const Json answer = KernelJson(Without({}));
  for (const Json& row : answer["protections"]) {
    for (const Json& name : row["attributes"]) {
      ++named;
      CHECK(policy::FindAttribute(name.get<std::string>()) != nullptr);
    }
  }
  CHECK(named > 0);
}

}  // namespace
}  // namespace postern::cli
