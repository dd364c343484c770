// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/keys/keys_calls.h"

#include "daemon/helper_calls.h"

namespace postern::daemon {

std::vector<sandbox::PermittedCall> KeysCalls() {
  return HelperCalls({
      // OpenSSL: randomness, whether the process has forked, locks.
      {"getrandom"},
      {"getpid"},
      {"futex"},
  });
}

}  // namespace postern::daemon
