// SPDX-License-Identifier: BSD-2-Clause
// postern-lookup: the unprivileged process that finds out who calls, by asking name servers and the
// ident servers of clients. posternd starts it; see daemon/lookup_protocol.h for what they say to
// each other.
//
//   postern-lookup [--user UID GID]      the ids are required when started as root
//
// DIAGNOSTICS: exits 0 when posternd closes the channel. Anything else is one line on standard
// error and exit 1; usage, exit 2. It never runs less confined than it should.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>

#include "daemon/helper_arguments.h"
#include "daemon/lookup/lookup.h"
#include "daemon/lookup/lookup_calls.h"
#include "sandbox/confine/landlock.h"
#include "sandbox/helper_confinement.h"
#include "sandbox/sys/events.h"
#include "sandbox/sys/process.h"

namespace postern::daemon {
namespace {

namespace sys = sandbox::sys;

// One for each ident server that is asked, and for each channel and server of c-ares.
constexpr std::uint64_t kWantedDescriptors = 4096;

int Fail(const std::string& reason) {
  std::fprintf(stderr, "postern-lookup: %s\n", reason.c_str());
  return 1;
}

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
  TRY_STATUS(sys::CloseFrom(kChannelDescriptor + 1));
  TRY_STATUS(sys::EnsureStandardDescriptors());
  TRY_STATUS(sys::ChangeDirectory("/"));
  // A write that fails is told by its error. The terminal's signals are for posternd to act on.
  sys::IgnoreSignals({SIGPIPE, SIGXFSZ, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2});
  TRY_STATUS(sandbox::GiveUpPrivileges(user, kWantedDescriptors));
  TRY(auto lookup, Lookup::Make(sys::UniqueFd(kChannelDescriptor)));
  TRY_STATUS(KeepToServers());
  TRY_STATUS(sandbox::PermitOnly(LookupCalls()));
  return lookup;
}

int Main(int argc, char** argv) {
  std::optional<sandbox::HelperUser> user;
  if (!ParseHelperArguments(argc, argv, user)) {
    std::fputs("usage: postern-lookup [--user UID GID]   (started by posternd)\n", stderr);
    return 2;
  }
  const auto lookup = SetUp(user);
  if (!lookup && lookup.error().number == EPIPE) return 0;
  if (!lookup) return Fail(lookup.error().ToString());
  switch ((*lookup)->Run()) {
    case Lookup::State::kChannelClosed:
      return 0;
    case Lookup::State::kGarbage:
      return Fail("garbage on the channel");
    case Lookup::State::kRunning:
    case Lookup::State::kFailed:
      break;
  }
  return Fail("the poller failed");
}

}  // namespace
}  // namespace postern::daemon

int main(int argc, char** argv) {
  postern::sandbox::sys::ExitNow(postern::daemon::Main(argc, argv));
}
