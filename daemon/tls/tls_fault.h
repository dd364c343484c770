// SPDX-License-Identifier: BSD-2-Clause
// Why a handshake has failed, of OpenSSL's error queue and of what it thinks of the client's
// certificate.
#pragma once

#include <openssl/ssl.h>

#include "daemon/tls_protocol.h"

namespace postern::daemon {

// kNone: the client has left. Empties the queue.
TlsFault FaultOf(const SSL* connection);

}  // namespace postern::daemon
