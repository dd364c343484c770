// SPDX-License-Identifier: BSD-2-Clause
// The real program, started the way posternd and the tools do it.
#include "sandbox/zygote/start_zygote.h"

#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>

#include "sandbox/channel.h"
#include "sandbox/sys/process.h"

namespace postern::sandbox {
namespace {

constexpr std::chrono::seconds kPatience(20);

Profile Harmless() {
  Profile profile;
  profile.service = "test";
  profile.programs = {{"/bin/true", {"true"}, {}, 022}};
  profile.identity = {::geteuid() == 0,
                      ::geteuid() == 0 ? 65534U : ::geteuid(),
                      ::geteuid() == 0 ? 65534U : ::getegid(),
                      {}};
  profile.mitigate_speculation = false;
  return profile;
}

TEST_CASE("A zygote tells when its sandbox stands, and is gone when it is ended") {
  auto zygote = StartZygote(ZYGOTE_PROGRAM, Harmless());
  REQUIRE(zygote);
  CHECK(AwaitSealed(*zygote, sys::Deadline(kPatience)) == "");
  const pid_t pid = zygote->pid;
  CHECK(::kill(pid, 0) == 0);
  EndZygote(*zygote);
  CHECK(::kill(pid, 0) == -1);
  CHECK_FALSE(zygote->channel);
}

TEST_CASE("A sandbox that cannot be made is told with the zygote's own reason") {
  Profile profile = Harmless();
  profile.limits = {{sys::kLimitOpenFiles, sys::kUnlimited}};  // more than the kernel grants
  auto zygote = StartZygote(ZYGOTE_PROGRAM, profile);
  REQUIRE(zygote);
  const auto sealed = AwaitSealed(*zygote, sys::Deadline(kPatience));
  REQUIRE_FALSE(sealed);
  CHECK_THAT(sealed.error(),
             Catch::StartsWith("the sandbox cannot be made: limits: setrlimit nofile"));
  EndZygote(*zygote);
}

TEST_CASE("Another program is no zygote") {
  const auto missing = StartZygote("/does/not/exist", Harmless());
  REQUIRE_FALSE(missing);
  CHECK(missing.error().number == ENOENT);

  // It ends at once, before it is told its profile or after.
  auto ended = StartZygote("/bin/false", Harmless());
  if (!ended) {
    CHECK(PeerIsGone(ended.error()));
  } else {
    CHECK_FALSE(AwaitSealed(*ended, sys::Deadline(kPatience)));
    EndZygote(*ended);
  }
}

}  // namespace
}  // namespace postern::sandbox
