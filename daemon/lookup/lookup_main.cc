// SPDX-License-Identifier: BSD-2-Clause
// postern-lookup: the unprivileged process that finds out who calls, by asking name servers and the
// ident servers of clients. posternd starts it; see daemon/lookup_protocol.h for what they say to
// each other.
//
// Command line and exit status are those of every helper (daemon/helper_main.h).
#include <optional>

#include "daemon/helper_main.h"
#include "daemon/lookup/lookup.h"
#include "daemon/lookup/lookup_calls.h"
#include "sandbox/confine/landlock.h"
#include "sandbox/sys/process.h"

namespace postern::daemon {
namespace {

namespace sys = sandbox::sys;

// One for each ident server that is asked, and for each channel and server of c-ares.
constexpr std::uint64_t kWantedDescriptors = 4096;

// The rest of the way to other files and services, where the kernel has Landlock; the list of
// system calls stands without it.
sys::Status KeepToServers() {
  constexpr std::uint16_t kPorts[] = {wrapper::kDnsPort, wrapper::kIdentPort};
  const int abi = sandbox::LandlockAbi().value_or(0);
  if (abi == 0) return {};
  TRY(const sys::UniqueFd ruleset, sandbox::MakeHelperRuleset(kPorts, abi));
  return sandbox::RestrictSelf(ruleset);
}

// Everything that needs a file or a right, up to the point of no return.
sys::Result<std::unique_ptr<Lookup>> SetUp(const std::optional<sandbox::HelperUser>& user) {
  TRY_STATUS(LetGo());
  TRY_STATUS(sandbox::GiveUpPrivileges(user, kWantedDescriptors));
  TRY(auto lookup, Lookup::Make(sys::UniqueFd(kChannelDescriptor)));
  TRY_STATUS(KeepToServers());
  TRY_STATUS(sandbox::PermitOnly(LookupCalls()));
  return lookup;
}

}  // namespace
}  // namespace postern::daemon

int main(int argc, char** argv) {
  postern::daemon::RunHelper("postern-lookup", argc, argv, postern::daemon::SetUp);
}
