// SPDX-License-Identifier: BSD-2-Clause
// The fatal alert access_denied (RFC 8446 section 6.2) after a handshake: for a client whose
// certificate is good, and whom the rules refuse.
//
// OpenSSL has no call for an alert of one's own choice. But a ticket can be asked for after the
// handshake, a ticket has extensions, and an extension that cannot be had ends the connection with
// the alert that it names. TLS 1.2 has nothing of that kind after a handshake: there a client finds
// the connection closed, without a close_notify.
#pragma once

#include <openssl/ssl.h>

namespace postern::daemon {

// For each context whose clients may be refused. False when OpenSSL has no memory.
bool PrepareAccessDenied(SSL_CTX* context);

// After the handshake. Does not wait: where there is no room for it, the client goes without.
void SendAccessDenied(SSL* connection);

}  // namespace postern::daemon
