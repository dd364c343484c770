// SPDX-License-Identifier: BSD-2-Clause
// The environment variables that tell a program what its client's proxy has said.
//
// PROXY_AUTHORITY, PROXY_ALPN and PROXY_UNIQUE_ID as proxy-protocol.txt has them (2.2); of the TLS
// that the proxy has ended, PROXY_ and the name that the same has of TLS that is ended here
// (tls_environment.h), so that nobody takes the one for the other.
#pragma once

#include <string>
#include <vector>

#include "daemon/wire_tlvs.h"

namespace postern::daemon {

// Of vectors that are Valid(). Nothing is said of what the proxy has not.
std::vector<std::string> ProxyEnvironment(const WireTlvs& tlvs);

}  // namespace postern::daemon
