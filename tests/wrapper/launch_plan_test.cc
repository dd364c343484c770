// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/launch/launch_plan.h"

#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "sandbox/sys/process.h"

namespace postern::wrapper {
namespace {

policy::ServiceSpec Spec() {
  policy::ServiceSpec spec;
  spec.id = spec.name = "test";
  spec.program.path = "/bin/true";
  spec.program.argv = {"true"};
  return spec;
}

policy::ServiceSpec MailSpec() {
  auto spec = Spec();
  spec.program.environment = {"A=1"};
  spec.program.credentials = {"mail", 8, 12, {4}};
  return spec;
}

TEST_CASE("A plan has the program, its words, its environment and its user") {
  const auto plan = MakeLaunchPlan(MailSpec(), {});
  const auto& parts = plan->parts();
  CHECK(parts.path == "/bin/true");
  CHECK(parts.argv == std::vector<std::string>{"true"});
  CHECK(parts.environment == std::vector<std::string>{"A=1"});
  CHECK(parts.change_user);
  CHECK(parts.uid == 8);
  CHECK(parts.gid == 12);
  CHECK(parts.groups == std::vector<std::uint32_t>{4});
  CHECK_FALSE(parts.priority);
}

TEST_CASE("The gate is started with the rights of the program that it may become") {
  const auto plan = MakeLaunchPlan(MailSpec(), {});
  const auto gate = ThroughGate(*plan, "/libexec/gate", {"decide", "socket", "svc"});
  CHECK(gate->parts().path == "/libexec/gate");
  CHECK(gate->parts().argv ==
        std::vector<std::string>{"postern-gate", "decide", "socket", "svc", "/bin/true", "true"});
  CHECK(gate->parts().status_pipe);
  CHECK_FALSE(plan->parts().status_pipe);
  CHECK(gate->parts().uid == 8);
  CHECK(gate->parts().groups == plan->parts().groups);
  CHECK(gate->parts().environment == plan->parts().environment);
}

TEST_CASE("What is behind tcpd is started as tcpd would start it") {
  auto spec = MailSpec();
  spec.program.path = "/usr/sbin/tcpd";
  spec.program.argv = {"/opt/in.svc", "-l"};
  const auto plan =
      Unwrapped(*MakeLaunchPlan(spec, {.umask = 077}), {.path = "/opt/in.svc", .name = "in.svc"});
  CHECK(plan->parts().path == "/opt/in.svc");
  CHECK(plan->parts().argv == std::vector<std::string>{"in.svc", "-l"});
  CHECK(plan->parts().umask == 022);
  CHECK(plan->parts().uid == 8);
}

TEST_CASE("A umask that is not given is the daemon's, at least 022") {
  auto spec = MailSpec();
  CHECK(MakeLaunchPlan(spec, {.umask = 0})->parts().umask == 022);
  CHECK(MakeLaunchPlan(spec, {.umask = 077})->parts().umask == 077);
  spec.program.umask = 0;
  CHECK(MakeLaunchPlan(spec, {.umask = 077})->parts().umask == 0);
}

TEST_CASE("A nice value counts from the daemon's priority, within the kernel's bounds") {
  auto spec = MailSpec();
  spec.program.nice = 5;
  CHECK(MakeLaunchPlan(spec, {.priority = 3})->parts().priority == 8);
  CHECK(MakeLaunchPlan(spec, {.priority = 18})->parts().priority == 19);
  spec.program.nice = -30;
  CHECK(MakeLaunchPlan(spec, {.priority = 0})->parts().priority == -20);
}

TEST_CASE("A service gets the daemon's first limit of files, then its own limits") {
  auto spec = MailSpec();
  spec.program.limits = {{policy::ResourceKind::kCore, std::nullopt},
                         {policy::ResourceKind::kOpenFiles, 50}};
  const auto limits = MakeLaunchPlan(spec, {.open_files = 777})->parts().limits;
  REQUIRE(limits.size() == 3);
  CHECK(limits[0].resource == RLIMIT_NOFILE);
  CHECK(limits[0].value == 777);
  CHECK(limits[1].resource == RLIMIT_CORE);
  CHECK(limits[1].value == RLIM_INFINITY);
  CHECK(limits[2].resource == RLIMIT_NOFILE);
  CHECK(limits[2].value == 50);
}

TEST_CASE("Each limit of a service is the kernel's of that name") {
  using policy::ResourceKind;
  const std::vector<std::pair<ResourceKind, int>> pairs = {
      {ResourceKind::kAddressSpace, RLIMIT_AS},
      {ResourceKind::kData, RLIMIT_DATA},
      {ResourceKind::kResident, RLIMIT_RSS},
      {ResourceKind::kStack, RLIMIT_STACK},
      {ResourceKind::kOpenFiles, RLIMIT_NOFILE},
      {ResourceKind::kCpuSeconds, RLIMIT_CPU},
      {ResourceKind::kProcesses, RLIMIT_NPROC},
      {ResourceKind::kFileSize, RLIMIT_FSIZE},
      {ResourceKind::kCore, RLIMIT_CORE},
      {ResourceKind::kLockedMemory, RLIMIT_MEMLOCK},
      {ResourceKind::kFileLocks, RLIMIT_LOCKS},
      {ResourceKind::kPendingSignals, RLIMIT_SIGPENDING},
      {ResourceKind::kMessageQueues, RLIMIT_MSGQUEUE},
      {ResourceKind::kNice, RLIMIT_NICE},
      {ResourceKind::kRealtimePriority, RLIMIT_RTPRIO},
      {ResourceKind::kRealtimeMicroseconds, RLIMIT_RTTIME}};
  for (const auto& [kind, number] : pairs) {
    auto spec = MailSpec();
    spec.program.limits = {{kind, 5}};
    const auto limits = MakeLaunchPlan(spec, {})->parts().limits;
    REQUIRE(limits.size() == 2);
    CHECK(limits[1].resource == number);
  }
}

TEST_CASE("Only an unprivileged daemon that starts its own user leaves the user as it is") {
  auto spec = MailSpec();
  const auto changes = [&](bool root, std::uint32_t uid, std::uint32_t gid) {
    const Inherited inherited{.root = root, .uid = uid, .gid = gid};
    return MakeLaunchPlan(spec, inherited)->parts().change_user;
  };
  CHECK_FALSE(changes(false, 8, 12));
  CHECK(changes(false, 9, 12));
  CHECK(changes(false, 8, 13));
  CHECK(changes(true, 8, 12));
}

TEST_CASE("What the daemon was started with is read from the process") {
  const Inherited inherited = ReadInherited();
  CHECK(inherited.uid == ::geteuid());
  CHECK(inherited.gid == ::getegid());
  CHECK(inherited.root == (::geteuid() == 0));
  CHECK(inherited.open_files == sandbox::sys::OpenFilesHardLimit());
}

}  // namespace
}  // namespace postern::wrapper
