// SPDX-License-Identifier: BSD-2-Clause
// postern-relay: the unprivileged process that moves all client bytes (internal services, redirect,
// tcpmux, banners, programs with `network = relay`). posternd starts it; see daemon/protocol.h for
// what they say to each other.
//
// Command line and exit status are those of every helper (daemon/helper_main.h).
#include <ctime>
#include <optional>

#include "daemon/helper_main.h"
#include "daemon/protocol.h"
#include "daemon/relay/relay.h"
#include "daemon/relay/relay_calls.h"
#include "sandbox/sys/process.h"

namespace postern::daemon {
namespace {

namespace sys = sandbox::sys;

// Two descriptors for each redirected session without pipes; more is not worth the memory.
constexpr std::uint64_t kWantedDescriptors = 65536;

// Everything that needs a file or a right, up to the point of no return.
sys::Result<std::unique_ptr<Relay>> SetUp(const std::optional<sandbox::HelperUser>& user) {
  TRY_STATUS(LetGo());
  ::tzset();  // daytime must not look for the zone's file later
  TRY_STATUS(sandbox::GiveUpPrivileges(user, kWantedDescriptors));
  RelayLimits limits;
  limits.descriptors = sys::OpenFilesLimit();
  TRY(auto relay, Relay::Make(sys::UniqueFd(kChannelDescriptor), limits));
  TRY_STATUS(sandbox::PermitOnly(RelayCalls()));
  return relay;
}

}  // namespace
}  // namespace postern::daemon

int main(int argc, char** argv) {
  postern::daemon::RunHelper("postern-relay", argc, argv, postern::daemon::SetUp);
}
