// SPDX-License-Identifier: BSD-2-Clause
// postern-relay: the unprivileged process that moves all client bytes (internal services, redirect,
// tcpmux, banners, programs with `network = relay`). posternd starts it; see daemon/protocol.h for
// what they say to each other.
//
//   postern-relay [--user UID GID]      the ids are required when started as root
//
// DIAGNOSTICS: exits 0 when posternd closes the channel. Anything else is one line on standard
// error and exit 1; usage, exit 2. It never runs less confined than it should.
#include <csignal>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string>

#include "daemon/helper_arguments.h"
#include "daemon/protocol.h"
#include "daemon/relay/relay.h"
#include "daemon/relay/relay_calls.h"
#include "sandbox/helper_confinement.h"
#include "sandbox/sys/events.h"
#include "sandbox/sys/process.h"

namespace postern::daemon {
namespace {

namespace sys = sandbox::sys;

// Two descriptors for each redirected session without pipes; more is not worth the memory.
constexpr std::uint64_t kWantedDescriptors = 65536;

int Fail(const std::string& reason) {
  std::fprintf(stderr, "postern-relay: %s\n", reason.c_str());
  return 1;
}

// Everything that needs a file or a right, up to the point of no return.
sys::Result<std::unique_ptr<Relay>> SetUp(const std::optional<sandbox::HelperUser>& user) {
  TRY_STATUS(sys::CloseFrom(kChannelDescriptor + 1));
  TRY_STATUS(sys::EnsureStandardDescriptors());
  TRY_STATUS(sys::ChangeDirectory("/"));
  // A write that fails is told by its error; splice(2) has no flag for that. The terminal's signals
  // are for posternd to act on.
  sys::IgnoreSignals({SIGPIPE, SIGXFSZ, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2});
  ::tzset();  // daytime must not look for the zone's file later
  TRY_STATUS(sandbox::GiveUpPrivileges(user, kWantedDescriptors));
  RelayLimits limits;
  limits.descriptors = sys::OpenFilesLimit();
  TRY(auto relay, Relay::Make(sys::UniqueFd(kChannelDescriptor), limits));
  TRY_STATUS(sandbox::PermitOnly(RelayCalls()));
  return relay;
}

int Main(int argc, char** argv) {
  std::optional<sandbox::HelperUser> user;
  if (!ParseHelperArguments(argc, argv, user)) {
    std::fputs("usage: postern-relay [--user UID GID]   (started by posternd)\n", stderr);
    return 2;
  }
  const auto relay = SetUp(user);
  if (!relay) return Fail(relay.error().ToString());
  switch ((*relay)->Run()) {
    case Relay::State::kChannelClosed:
      return 0;
    case Relay::State::kGarbage:
      return Fail("garbage on the channel");
    case Relay::State::kRunning:
    case Relay::State::kFailed:
      break;
  }
  return Fail("the poller failed");
}

}  // namespace
}  // namespace postern::daemon

int main(int argc, char** argv) {
  postern::sandbox::sys::ExitNow(postern::daemon::Main(argc, argv));
}
