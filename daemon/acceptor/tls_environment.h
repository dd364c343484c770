// SPDX-License-Identifier: BSD-2-Clause
// What TLS has shown of a client: the environment variables that tell a program, the vectors that
// tell a backend, and who the client is for the rules.
//
// Names as mod_ssl has them, which s6-tlsd(8) and ucspi-ssl share: SSL_PROTOCOL, SSL_CIPHER,
// SSL_TLS_SNI, SSL_SESSION_RESUMED, SSL_CLIENT_VERIFY, SSL_CLIENT_S_DN, SSL_CLIENT_I_DN,
// SSL_CLIENT_S_DN_CN, SSL_CLIENT_SAN_DNS_0, SSL_CLIENT_SAN_Email_0, …; and where it has none:
// SSL_ALPN, SSL_CLIENT_SAN_URI_0, SSL_CLIENT_SAN_IP_0, SSL_CLIENT_SHA256.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/tls_protocol.h"
#include "daemon/wire_tlvs.h"
#include "policy/decision/tls_identity.h"

namespace postern::daemon {

// Of an answer that is Valid().
std::vector<std::string> TlsEnvironment(const AnswerTls& answer);
// What a redirect tells its backend, by a PROXY header, of the client's TLS.
WireTlvs TlvsOf(const AnswerTls& answer);
// nullopt: the client has no verified certificate.
std::optional<policy::ClientIdentity> IdentityOf(const AnswerTls& answer);

std::string_view TextOf(TlsFault fault);
// Of a session that ended before its handshake was done: why.
std::string_view TextOf(const AnswerTlsDone& answer);

}  // namespace postern::daemon
