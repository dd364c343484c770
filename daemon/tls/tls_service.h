// SPDX-License-Identifier: BSD-2-Clause
// A service's TLS: versions, suites, certificates by name, client certificates, resumption.
//
// Suites are those with forward secrecy and authenticated encryption, and nothing configures
// others: TLS 1.3's three, and of TLS 1.2 ECDHE with AES-GCM or ChaCha20-Poly1305 (RFC 9325
// section 4.2). No renegotiation, no compression, no SHA-1 in signatures, keys of 112 bits of
// strength and more.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/tls/credential.h"
#include "daemon/tls/ticket_keys.h"
#include "daemon/tls_protocol.h"

namespace postern::daemon {

using Connection = std::unique_ptr<SSL, FreeBy<SSL_free>>;

// Everything that OpenSSL looks for in a handshake is found once, so that nothing is left to open
// afterwards. False when it does not work.
bool PrepareTls();

class TlsService {
 public:
  // The files are null where the frame says that there are none. All that is wrong is added to
  // `flaws`; null with kBadSettings.
  static std::unique_ptr<TlsService> Make(const AskTlsService& ask,
                                          const sandbox::sys::UniqueFd* authorities,
                                          const sandbox::sys::UniqueFd* revocations,
                                          FlawSet<ServiceFlaw>& flaws);
  // For Make() alone.
  explicit TlsService(const AskTlsService& ask);

  // False, and nothing is added, when OpenSSL would not serve it: a key or a signature is too weak.
  bool Add(Credential credential);

  Connection Accept(BIO* client) const;  // null when OpenSSL has no memory
  // Of tickets: what is too old goes at Expire(), and all of it when no more clients are to come.
  void Expire(TicketKeys::Instant now) { ticket_keys_.Expire(now); }
  void Retire() { ticket_keys_.Wipe(); }
  std::chrono::milliseconds handshake_patience() const { return patience_; }

 private:
  bool Configure(const AskTlsService& ask);
  void ConfigureResumption();
  std::optional<ServiceFlaw> Trust(const sandbox::sys::UniqueFd& authorities);
  bool Revoke(const sandbox::sys::UniqueFd& revocations);
  bool KnowsName(const char* host) const;
  bool ChooseCredentials(SSL* connection) const;

  static int OnHello(SSL* connection, int* alert, void* nothing);
  static int OnServerName(SSL* connection, int* alert, void* service);
  static int OnCredentials(SSL* connection, void* service);
  static int OnProtocols(SSL* connection, const unsigned char** chosen, unsigned char* length,
                         const unsigned char* offered, unsigned offered_length, void* service);
  static int OnStaple(SSL* connection, void* service);
  static int OnTicket(SSL* connection, unsigned char* name, unsigned char* vector,
                      EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int seal);

  std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>> context_;
  std::size_t wanted_;
  bool strict_names_;
  std::chrono::milliseconds patience_;
  std::vector<unsigned char> protocols_;
  std::vector<Credential> credentials_;
  TicketKeys ticket_keys_;
};

}  // namespace postern::daemon
