// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/tls_calls.h"

#include "daemon/helper_calls.h"

namespace postern::daemon {

std::vector<sandbox::PermittedCall> TlsCalls() {
  return HelperCalls({
      // Waiting for a signature.
      {"poll"},
      {"ppoll"},

      // Clients and services.
      {"recvfrom"},
      {"sendto"},
      {"shutdown"},
      {"setsockopt", argument::kTcpLevel, argument::kNoDelay},

      // OpenSSL: randomness, whether the process has forked, locks.
      {"getrandom"},
      {"getpid"},
      {"futex"},
  });
}

}  // namespace postern::daemon
