// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/access_denied.h"

#include <openssl/err.h>

#include <cstddef>

namespace postern::daemon {
namespace {

// Of those for private use (RFC 8446 section 11). It is never sent. One that a client has for its
// own use is nothing to us: unless it may be in a ClientHello, OpenSSL ends the connection.
constexpr unsigned kExtension = 0xff49;
constexpr unsigned kMayBeIn = SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_3_NEW_SESSION_TICKET;

int OnExtension(SSL* connection, unsigned /*kind*/, unsigned /*context*/,
                const unsigned char** /*content*/, std::size_t* /*length*/, X509* /*certificate*/,
                std::size_t /*link*/, int* alert, void* /*nothing*/) {
  constexpr int kNone = 0, kFailed = -1;
  if (SSL_get_app_data(connection) == nullptr) return kNone;
  *alert = SSL_AD_ACCESS_DENIED;
  return kFailed;
}

}  // namespace

bool PrepareAccessDenied(SSL_CTX* context) {
  return SSL_CTX_add_custom_ext(context, kExtension, kMayBeIn, &OnExtension, nullptr, nullptr,
                                nullptr, nullptr) == 1;
}

void SendAccessDenied(SSL* connection) {
  static char refused;
  SSL_set_app_data(connection, &refused);
  if (SSL_new_session_ticket(connection) == 1) SSL_do_handshake(connection);
  ERR_clear_error();
}

}  // namespace postern::daemon
