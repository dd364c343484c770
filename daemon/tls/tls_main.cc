// SPDX-License-Identifier: BSD-2-Clause
// postern-tls: the unprivileged process that speaks TLS with clients and carries their plaintext to
// services. It has no private key: postern-keys signs for it. See daemon/tls_protocol.h.
//
//   postern-tls [--user UID GID]      the ids are required when started as root
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
#include "daemon/tls/key_provider.h"
#include "daemon/tls/tls_calls.h"
#include "daemon/tls/tls_relay.h"
#include "sandbox/helper_confinement.h"
#include "sandbox/sys/events.h"
#include "sandbox/sys/process.h"

namespace postern::daemon {
namespace {

namespace sys = sandbox::sys;

// Two for each session.
constexpr std::uint64_t kWantedDescriptors = 65536;

int Fail(const std::string& reason) {
  std::fprintf(stderr, "postern-tls: %s\n", reason.c_str());
  return 1;
}

// Everything that needs a file or a right, up to the point of no return.
sys::Result<std::unique_ptr<TlsRelay>> SetUp(const std::optional<sandbox::HelperUser>& user,
                                             RemoteSigner& signer) {
  TRY_STATUS(sys::CloseFrom(kChannelDescriptor + 1));
  TRY_STATUS(sys::EnsureStandardDescriptors());
  TRY_STATUS(sys::ChangeDirectory("/"));
  // OpenSSL writes without MSG_NOSIGNAL.
  sys::IgnoreSignals({SIGPIPE, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2});
  ::tzset();  // a certificate's time must not have the zone's file looked for later
  if (!LoadKeyProvider(signer) || !PrepareTls()) {
    return std::unexpected(sys::Error{"OpenSSL", EIO, "it does not start"});
  }
  TRY_STATUS(sandbox::GiveUpPrivileges(user, kWantedDescriptors));
  TlsLimits limits;
  limits.descriptors = sys::OpenFilesLimit();
  TRY(auto relay, TlsRelay::Make(sys::UniqueFd(kChannelDescriptor), signer, limits));
  TRY_STATUS(sandbox::PermitOnly(TlsCalls()));
  return relay;
}

int Main(int argc, char** argv) {
  std::optional<sandbox::HelperUser> user;
  if (!ParseHelperArguments(argc, argv, user)) {
    std::fputs("usage: postern-tls [--user UID GID]   (started by posternd)\n", stderr);
    return 2;
  }
  RemoteSigner signer;
  const auto relay = SetUp(user, signer);
  if (!relay) return Fail(relay.error().ToString());
  switch ((*relay)->Run()) {
    case TlsRelay::State::kChannelClosed:
      return 0;
    case TlsRelay::State::kGarbage:
      return Fail("garbage on the channel");
    case TlsRelay::State::kRunning:
    case TlsRelay::State::kFailed:
      break;
  }
  return Fail("the poller failed");
}

}  // namespace
}  // namespace postern::daemon

int main(int argc, char** argv) {
  postern::sandbox::sys::ExitNow(postern::daemon::Main(argc, argv));
}
