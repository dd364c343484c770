// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/process_status.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>

#include "sandbox/sys/files.h"

namespace postern::sandbox {
namespace {

const std::string kText =
    "Name:\tUid: 7\n"
    "Uid:\t1\t2\t3\t4\n"
    "Gid:\t5\t6\t7\t8\n"
    "Groups:\t20 10 \n"
    "Threads:\t3\n"
    "CapInh:\t0000000000000001\n"
    "CapPrm:\t0000000000000003\n"
    "CapEff:\t0000000000000002\n"
    "CapBnd:\t000001ffffffffff\n"
    "CapAmb:\t0000000000000000\n"
    "NoNewPrivs:\t1\n"
    "Seccomp:\t2\n"
    "Seccomp_filters:\t4\n";

std::string Without(const std::string& name) {
  const std::size_t at = kText.find("\n" + name + ":") + 1;
  return kText.substr(0, at) + kText.substr(kText.find('\n', at) + 1);
}

std::string With(const std::string& line) {
  return Without(line.substr(0, line.find(':'))) + line + "\n";
}

TEST_CASE("Every value is read from its own line") {
  const auto status = ParseProcessStatus(kText);
  REQUIRE(status);
  CHECK(status->uids == std::vector<std::uint32_t>{1, 2, 3, 4});
  CHECK(status->gids == std::vector<std::uint32_t>{5, 6, 7, 8});
  CHECK(status->groups == std::vector<std::uint32_t>{10, 20});
  CHECK(status->capabilities == CapabilitySets{3, 2, 1, 0x1ffffffffff, 0});
  CHECK(status->no_new_privileges);
  CHECK(status->seccomp_mode == 2);
  CHECK(status->seccomp_filters == 4);
  CHECK(status->threads == 3);
}

TEST_CASE("What not every kernel tells may be missing") {
  CHECK_FALSE(ParseProcessStatus(kText)->umask);
  CHECK(ParseProcessStatus(kText + "Umask:\t0027\n")->umask == 027U);
  CHECK_FALSE(ParseProcessStatus(kText + "Umask:\t0029\n"));
}

TEST_CASE("Open to speculation is who could have it held back, and has not") {
  const auto open = [](const std::string& line) {
    return ParseProcessStatus(kText + line + "\n")->open_to_speculation;
  };
  CHECK_FALSE(ParseProcessStatus(kText)->open_to_speculation);
  CHECK(open("Speculation_Store_Bypass:\tthread vulnerable"));
  CHECK(open("SpeculationIndirectBranch:\tconditional enabled"));
  for (const char* line :
       {"Speculation_Store_Bypass:\tthread force mitigated",
        "Speculation_Store_Bypass:\tvulnerable", "Speculation_Store_Bypass:\tnot vulnerable",
        "Speculation_Store_Bypass:\tunknown",
        "SpeculationIndirectBranch:\tconditional force disabled",
        "SpeculationIndirectBranch:\talways enabled", "SpeculationIndirectBranch:\tnot affected"}) {
    INFO(line);
    CHECK_FALSE(open(line));
  }
}

TEST_CASE("A line that is missing, short, or no number is an error that names it") {
  for (const char* name : {"Uid", "Gid", "Groups", "Threads", "CapInh", "CapPrm", "CapEff",
                           "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Seccomp_filters"}) {
    const auto status = ParseProcessStatus(Without(name));
    REQUIRE_FALSE(status);
    CHECK(status.error().object == "/proc/self/status " + std::string(name));
  }
  for (const char* line : {"Uid:\t1\t2\t3", "Gid:\t5\t6\t7\t8\t9", "Groups:\t1 x", "CapEff:\t",
                           "CapPrm:\t1ffffffffffffffff", "Seccomp:\t2 2", "Uid:\t-1\t2\t3\t4"}) {
    INFO(line);
    CHECK_FALSE(ParseProcessStatus(With(line)));
  }
}

TEST_CASE("The kernel's own text is understood") {
  const auto status = ParseProcessStatus(*sys::ReadFile("/proc/self/status", 1 << 20));
  REQUIRE(status);
  CHECK(status->uids == std::vector<std::uint32_t>(4, ::getuid()));
  CHECK(status->capabilities.permitted == *ReadPermitted());
}

}  // namespace
}  // namespace postern::sandbox
