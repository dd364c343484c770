// SPDX-License-Identifier: BSD-2-Clause
// postern-tls: the unprivileged process that speaks TLS with clients and carries their plaintext to
// services. It has no private key: postern-keys signs for it. See daemon/tls_protocol.h.
//
// Command line and exit status are those of every helper (daemon/helper_main.h).
#include <cerrno>
#include <ctime>
#include <optional>

#include "daemon/helper_main.h"
#include "daemon/tls/key_provider.h"
#include "daemon/tls/tls_calls.h"
#include "daemon/tls/tls_relay.h"
#include "sandbox/sys/process.h"

namespace postern::daemon {
namespace {

namespace sys = sandbox::sys;

// Two for each session.
constexpr std::uint64_t kWantedDescriptors = 65536;

// Everything that needs a file or a right, up to the point of no return.
sys::Result<std::unique_ptr<TlsRelay>> SetUp(const std::optional<sandbox::HelperUser>& user) {
  static RemoteSigner signer;  // outlives whatever signs
  TRY_STATUS(LetGo());
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

}  // namespace
}  // namespace postern::daemon

int main(int argc, char** argv) {
  postern::daemon::RunHelper("postern-tls", argc, argv, postern::daemon::SetUp);
}
