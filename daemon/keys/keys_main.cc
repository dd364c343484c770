// SPDX-License-Identifier: BSD-2-Clause
// postern-keys: the one process that has the private keys of TLS services. It has no network and
// opens no file: posternd hands it the keys, postern-tls asks it for signatures. See
// daemon/keys_protocol.h.
//
// Command line and exit status are those of every helper (daemon/helper_main.h).
#include <cerrno>
#include <optional>

#include "daemon/helper_main.h"
#include "daemon/keys/key_keeper.h"
#include "daemon/keys/key_memory.h"
#include "daemon/keys/keys_calls.h"
#include "sandbox/sys/memory.h"
#include "sandbox/sys/process.h"

namespace postern::daemon {
namespace {

namespace sys = sandbox::sys;

// Standard ones, the channel, the edge, and what one message may bring.
constexpr std::uint64_t kWantedDescriptors = 32;

// Everything that needs a file or a right, up to the point of no return.
sys::Result<std::unique_ptr<KeyKeeper>> SetUp(const std::optional<sandbox::HelperUser>& user) {
  TRY_STATUS(LetGo());
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

}  // namespace
}  // namespace postern::daemon

int main(int argc, char** argv) {
  postern::daemon::RunHelper("postern-keys", argc, argv, postern::daemon::SetUp);
}
