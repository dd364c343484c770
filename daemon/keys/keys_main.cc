// SPDX-License-Identifier: BSD-2-Clause
// postern-keys: the one process that has the private keys of TLS services. It has no network and
// opens no file: posternd hands it the keys, postern-tls asks it for signatures. See
// daemon/keys_protocol.h.
//
//   postern-keys [--user UID GID]      the ids are required when started as root
//
// DIAGNOSTICS: exits 0 when posternd closes the channel. Anything else is one line on standard
// error and exit 1; usage, exit 2. It never runs less confined than it should.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string>

#include "daemon/helper_arguments.h"
#include "daemon/keys/key_keeper.h"
#include "daemon/keys/keys_calls.h"
#include "sandbox/helper_confinement.h"
#include "sandbox/sys/events.h"
#include "sandbox/sys/memory.h"
#include "sandbox/sys/process.h"

namespace postern::daemon {
namespace {

namespace sys = sandbox::sys;

// Standard ones, the channel, the edge, and what one message may bring.
constexpr std::uint64_t kWantedDescriptors = 32;

int Fail(const std::string& reason) {
  std::fprintf(stderr, "postern-keys: %s\n", reason.c_str());
  return 1;
}

// Everything that needs a file or a right, up to the point of no return.
sys::Result<std::unique_ptr<KeyKeeper>> SetUp(const std::optional<sandbox::HelperUser>& user) {
  TRY_STATUS(sys::CloseFrom(kChannelDescriptor + 1));
  TRY_STATUS(sys::EnsureStandardDescriptors());
  TRY_STATUS(sys::ChangeDirectory("/"));
  sys::IgnoreSignals({SIGPIPE, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2});
  ::tzset();  // a certificate's time must not have the zone's file looked for later
  // Keys in swap would outlive the process.
  if (!LockKeyMemory(sys::LockableMemory())) {
    return std::unexpected(sys::Error{"mlock", ENOMEM, "RLIMIT_MEMLOCK is too low"});
  }
  if (!PrepareToSign()) return std::unexpected(sys::Error{"OpenSSL", EIO, "it does not sign"});
  TRY_STATUS(sandbox::GiveUpPrivileges(user, kWantedDescriptors));
  TRY(auto keeper, KeyKeeper::Make(sys::UniqueFd(kChannelDescriptor)));
  TRY_STATUS(sandbox::PermitOnly(KeysCalls()));
  return keeper;
}

int Main(int argc, char** argv) {
  std::optional<sandbox::HelperUser> user;
  if (!ParseHelperArguments(argc, argv, user)) {
    std::fputs("usage: postern-keys [--user UID GID]   (started by posternd)\n", stderr);
    return 2;
  }
  const auto keeper = SetUp(user);
  if (!keeper) return Fail(keeper.error().ToString());
  switch ((*keeper)->Run()) {
    case KeyKeeper::State::kChannelClosed:
      return 0;
    case KeyKeeper::State::kGarbage:
      return Fail("garbage on the channel");
    case KeyKeeper::State::kRunning:
    case KeyKeeper::State::kFailed:
      break;
  }
  return Fail("the poller failed");
}

}  // namespace
}  // namespace postern::daemon

int main(int argc, char** argv) {
  postern::sandbox::sys::ExitNow(postern::daemon::Main(argc, argv));
}
