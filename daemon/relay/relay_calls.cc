// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/relay/relay_calls.h"

#include "daemon/helper_calls.h"

namespace postern::daemon {

std::vector<sandbox::PermittedCall> RelayCalls() {
  return HelperCalls({
      // Clients and backends.
      {"recvfrom"},
      {"sendto"},
      {"splice"},
      {"pipe2"},
      {"shutdown"},
      {"getsockname"},

      // Redirect connects, and nothing else makes a socket.
      {"socket", argument::kInet4, argument::kStream},
      {"socket", argument::kInet6, argument::kStream},
      {"connect"},
      {"getsockopt", argument::kSocketLevel, argument::kError},
      {"setsockopt", argument::kSocketLevel, argument::kKeepalive},
      {"setsockopt", argument::kTcpLevel, argument::kNoDelay},
      {"fcntl", argument::kGetFlags},
      {"fcntl", argument::kSetFlags},
  });
}

}  // namespace postern::daemon
