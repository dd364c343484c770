// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/verified_until.h"

#include <openssl/x509.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <limits>

namespace postern::daemon {
namespace {

using Seconds = std::int64_t;  // since the epoch
constexpr Seconds kLongAgo = 0;

Seconds Now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(since).count();
}

// A time that cannot be read, or is not there, was long ago.
Seconds SecondsOf(const ASN1_TIME* time) {
  int days = 0, seconds = 0;
  if (time == nullptr || ASN1_TIME_diff(&days, &seconds, nullptr, time) != 1) return kLongAgo;
  return Now() + Seconds{days} * 24 * 60 * 60 + seconds;
}

// Of the lists of an issuer, the one that is good for longest.
Seconds ListsOver(const STACK_OF(X509_OBJECT) * known, const X509_NAME* issuer) {
  Seconds until = kLongAgo;
  for (int i = 0; i < sk_X509_OBJECT_num(known); ++i) {
    X509_CRL* const list = X509_OBJECT_get0_X509_CRL(sk_X509_OBJECT_value(known, i));
    if (list == nullptr || X509_NAME_cmp(X509_CRL_get_issuer(list), issuer) != 0) continue;
    until = std::max(until, SecondsOf(X509_CRL_get0_nextUpdate(list)));
  }
  return until;
}

Seconds VerifiedUntil(const STACK_OF(X509) * chain, X509_STORE* store) {
  const bool by_lists =
      (X509_VERIFY_PARAM_get_flags(X509_STORE_get0_param(store)) & X509_V_FLAG_CRL_CHECK) != 0;
  Seconds until = std::numeric_limits<Seconds>::max();
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    const X509* const link = sk_X509_value(chain, i);
    until = std::min(until, SecondsOf(X509_get0_notAfter(link)));
    if (!by_lists) continue;
    until = std::min(until, ListsOver(X509_STORE_get0_objects(store), X509_get_issuer_name(link)));
  }
  return until;
}

bool IsStillVerified(SSL_SESSION* session) {
  if (SSL_SESSION_get0_peer(session) == nullptr) return true;
  void* noted = nullptr;
  std::size_t length = 0;
  Seconds until = kLongAgo;
  if (SSL_SESSION_get0_ticket_appdata(session, &noted, &length) == 1 && length == sizeof until) {
    std::memcpy(&until, noted, sizeof until);
  }
  return Now() < until;
}

}  // namespace

// A session that was resumed itself has it from the ticket.
int NoteVerifiedUntil(SSL* connection, void* /*nothing*/) {
  const STACK_OF(X509)* const chain = SSL_get0_verified_chain(connection);
  if (SSL_session_reused(connection) != 0 || chain == nullptr) return 1;
  const Seconds until = VerifiedUntil(chain, SSL_CTX_get_cert_store(SSL_get_SSL_CTX(connection)));
  return SSL_SESSION_set1_ticket_appdata(SSL_get_session(connection), &until, sizeof until);
}

SSL_TICKET_RETURN AskVerifiedUntil(SSL* /*connection*/, SSL_SESSION* session,
                                   const unsigned char* /*name*/, std::size_t /*name_length*/,
                                   SSL_TICKET_STATUS status, void* /*nothing*/) {
  const bool opened = status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW;
  if (!opened || !IsStillVerified(session)) return SSL_TICKET_RETURN_IGNORE_RENEW;
  return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

}  // namespace postern::daemon
