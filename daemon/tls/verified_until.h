// SPDX-License-Identifier: BSD-2-Clause
// How long a client that was verified may come back with a ticket: until a certificate of its
// chain, or a revocation list of one of their issuers, is over. Then it is asked for its
// certificate again. The time is sealed in the ticket, which holds the client's own certificate
// alone.
#pragma once

#include <openssl/ssl.h>

namespace postern::daemon {

// For SSL_CTX_set_session_ticket_cb(3).
int NoteVerifiedUntil(SSL* connection, void* nothing);
SSL_TICKET_RETURN AskVerifiedUntil(SSL* connection, SSL_SESSION* session, const unsigned char* name,
                                   std::size_t name_length, SSL_TICKET_STATUS status,
                                   void* nothing);

}  // namespace postern::daemon
