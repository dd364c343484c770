// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/lookup/lookup_calls.h"

#include "daemon/helper_calls.h"

namespace postern::daemon {

std::vector<sandbox::PermittedCall> LookupCalls() {
  return HelperCalls({
      {"gettimeofday"},

      // Name servers and ident servers; nothing listens.
      {"socket", argument::kInet4, argument::kStream},
      {"socket", argument::kInet6, argument::kStream},
      {"socket", argument::kInet4, argument::kDatagram},
      {"socket", argument::kInet6, argument::kDatagram},
      {"bind"},
      {"connect"},
      {"recvfrom"},
      {"sendto"},
      {"writev"},  // c-ares, over TCP
      {"getsockopt", argument::kSocketLevel, argument::kError},
      {"setsockopt", argument::kTcpLevel, argument::kNoDelay},
      {"fcntl", argument::kSetCloseOnExec},
      {"fcntl", argument::kGetFlags},
      {"fcntl", argument::kSetFlags},
  });
}

}  // namespace postern::daemon
