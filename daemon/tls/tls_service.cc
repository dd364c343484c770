// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/tls_service.h"

#include <openssl/err.h>
#include <openssl/rand.h>

#include <algorithm>
#include <set>

#include "daemon/tls/access_denied.h"
#include "daemon/tls/verified_until.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

constexpr char kSuites12[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr char kSuites13[] =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
// Those of daemon/keys/tls_signature.h.
constexpr char kGroups[] = "X25519:P-256:P-384:P-521";
constexpr char kSignatures[] =
    "ECDSA+SHA256:ed25519:RSA-PSS+SHA256:rsa_pss_pss_sha256:ECDSA+SHA384:RSA-PSS+SHA384:"
    "rsa_pss_pss_sha384:ECDSA+SHA512:RSA-PSS+SHA512:rsa_pss_pss_sha512:RSA+SHA256:RSA+SHA384:"
    "RSA+SHA512";
constexpr std::size_t kMostNamed = 60'000;  // of 65,535 bytes, other extensions included
constexpr int kSecurityLevel = 2;           // SSL_CTX_set_security_level(3)

// In the place of OpenSSL's macros, which cast as C does.
template <typename Function>
void SetCallback(SSL_CTX* context, int which, Function* function) {
  SSL_CTX_callback_ctrl(context, which, reinterpret_cast<void (*)()>(function));
}

TlsService* AsService(void* service) { return static_cast<TlsService*>(service); }

}  // namespace

bool PrepareTls() {
  unsigned char random[32];
  const std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>> context(SSL_CTX_new(TLS_server_method()));
  const Connection connection(context ? SSL_new(context.get()) : nullptr);
  return OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) == 1 && connection &&
         RAND_bytes(random, sizeof random) == 1 && RAND_priv_bytes(random, sizeof random) == 1;
}

TlsService::TlsService(const AskTlsService& ask)
    : context_(SSL_CTX_new(TLS_server_method())),
      wanted_(ask.credential_count),
      strict_names_(ask.strict_names != 0),
      patience_(ask.handshake_ms),
      protocols_(ask.alpn.begin(), ask.alpn.begin() + ask.alpn_length) {}

std::unique_ptr<TlsService> TlsService::Make(const AskTlsService& ask,
                                             const sys::UniqueFd* authorities,
                                             const sys::UniqueFd* revocations,
                                             FlawSet<ServiceFlaw>& flaws) {
  auto service = std::make_unique<TlsService>(ask);
  if (!service->context_ || !service->Configure(ask)) {
    flaws.Add(ServiceFlaw::kBadSettings);
    return nullptr;
  }
  const auto untrusted = authorities != nullptr ? service->Trust(*authorities) : std::nullopt;
  if (untrusted) flaws.Add(*untrusted);
  if (revocations != nullptr && !service->Revoke(*revocations)) {
    flaws.Add(ServiceFlaw::kBadRevocations);
  }
  return service;
}

bool TlsService::Configure(const AskTlsService& ask) {
  SSL_CTX* const context = context_.get();
  SSL_CTX_set_app_data(context, this);
  SSL_CTX_set_security_level(context, kSecurityLevel);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_read_ahead(context, 1);
  SetCallback(context, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB, &OnServerName);
  SSL_CTX_set_tlsext_servername_arg(context, this);
  if (wanted_ > 1) SSL_CTX_set_cert_cb(context, &OnCredentials, this);
  SetCallback(context, SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB, &OnStaple);
  SSL_CTX_set_tlsext_status_arg(context, this);
  if (!protocols_.empty()) SSL_CTX_set_alpn_select_cb(context, &OnProtocols, this);
  const int verify = ask.verify == WireVerify::kNone ? SSL_VERIFY_NONE : SSL_VERIFY_PEER;
  const int insist = ask.verify == WireVerify::kRequire ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SSL_CTX_set_verify(context, verify | insist, nullptr);
  ConfigureResumption();
  return PrepareAccessDenied(context) &&
         SSL_CTX_set_min_proto_version(context, static_cast<int>(ask.min_version)) == 1 &&
         SSL_CTX_set_cipher_list(context, kSuites12) == 1 &&
         SSL_CTX_set_ciphersuites(context, kSuites13) == 1 &&
         SSL_CTX_set1_groups_list(context, kGroups) == 1 &&
         SSL_CTX_set1_sigalgs_list(context, kSignatures) == 1;
}

// By tickets alone: nothing is kept here for clients that do not come back. The keys are this
// service's, of this configuration: what another has verified is not known here.
void TlsService::ConfigureResumption() {
  SSL_CTX* const context = context_.get();
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_client_hello_cb(context, &OnHello, nullptr);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_timeout(context, 2 * TicketKeys::kLife / std::chrono::seconds(1));
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &OnTicket);
  SSL_CTX_set_session_ticket_cb(context, &NoteVerifiedUntil, &AskVerifiedUntil, nullptr);
}

// The only one is every connection's: OpenSSL would judge it again each time it is installed.
bool TlsService::Add(Credential credential) {
  const Connection trial(wanted_ > 1 ? SSL_new(context_.get()) : nullptr);
  const bool taken =
      trial ? credential.Install(trial.get()) : wanted_ == 1 && credential.Install(context_.get());
  if (taken) credentials_.push_back(std::move(credential));
  return taken;
}

// A client is told which authorities are trusted where the list fits (RFC 8446 section 4.2.4), and
// nothing otherwise, which means any. Every chain has to end at a certificate that signs itself:
// with less, as X509_V_FLAG_PARTIAL_CHAIN has it, nobody would ask for the revocation of what is
// trusted.
std::optional<ServiceFlaw> TlsService::Trust(const sys::UniqueFd& authorities) {
  const auto certificates = ReadCertificates(authorities);
  const auto is_root = [](const Certificate& one) { return X509_self_signed(one.get(), 0) == 1; };
  if (certificates.empty()) return ServiceFlaw::kBadAuthorities;
  if (std::ranges::none_of(certificates, is_root)) return ServiceFlaw::kRootlessAuthorities;
  X509_STORE* const store = SSL_CTX_get_cert_store(context_.get());
  std::size_t length = 0;
  for (const Certificate& certificate : certificates) {
    const int name = i2d_X509_NAME(X509_get_subject_name(certificate.get()), nullptr);
    if (name <= 0 || X509_STORE_add_cert(store, certificate.get()) != 1) {
      return ServiceFlaw::kBadAuthorities;
    }
    length += 2 + static_cast<std::size_t>(name);
  }
  if (length > kMostNamed) return std::nullopt;
  for (const Certificate& certificate : certificates) {
    if (SSL_CTX_add_client_CA(context_.get(), certificate.get()) != 1) {
      return ServiceFlaw::kBadAuthorities;
    }
  }
  return std::nullopt;
}

// Of every certificate of the chain, and fail closed: without a list of its issuer, or with one
// whose time is over, a client's certificate is not good.
bool TlsService::Revoke(const sys::UniqueFd& revocations) {
  const auto lists = ReadRevocationLists(revocations);
  X509_STORE* const store = SSL_CTX_get_cert_store(context_.get());
  for (const RevocationList& list : lists) {
    if (X509_STORE_add_crl(store, list.get()) != 1) return false;
  }
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  return !lists.empty();
}

Connection TlsService::Accept(BIO* client) const {
  Connection connection(client == nullptr ? nullptr : SSL_new(context_.get()));
  if (!connection) {
    BIO_free(client);
    return nullptr;
  }
  SSL_set_bio(connection.get(), client, client);
  SSL_set_accept_state(connection.get());
  return connection;
}

bool TlsService::KnowsName(const char* host) const {
  if (host == nullptr) return false;
  const std::string name = host;
  return std::ranges::any_of(credentials_, [&](const Credential& one) { return one.IsFor(name); });
}

// RFC 6066 section 3: a session is not resumed under another name than it began with. So the name,
// as the client has sent it, is the context that OpenSSL resumes a session in.
int TlsService::OnHello(SSL* connection, int* /*alert*/, void* /*nothing*/) {
  const unsigned char* name = nullptr;
  std::size_t length = 0;
  SSL_client_hello_get0_ext(connection, TLSEXT_TYPE_server_name, &name, &length);
  unsigned char context[SSL_MAX_SID_CTX_LENGTH];
  const bool bound = EVP_Digest(name, length, context, nullptr, EVP_sha256(), nullptr) == 1 &&
                     SSL_set_session_id_context(connection, context, sizeof context) == 1;
  return bound ? SSL_CLIENT_HELLO_SUCCESS : SSL_CLIENT_HELLO_ERROR;
}

// RFC 6066 section 3: unrecognized_name, as a fatal alert, only where it was asked for.
int TlsService::OnServerName(SSL* connection, int* alert, void* service) {
  const TlsService& self = *AsService(service);
  const char* const host = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
  if (self.KnowsName(host)) return SSL_TLSEXT_ERR_OK;
  *alert = SSL_AD_UNRECOGNIZED_NAME;
  return self.strict_names_ ? SSL_TLSEXT_ERR_ALERT_FATAL : SSL_TLSEXT_ERR_NOACK;
}

int TlsService::OnCredentials(SSL* connection, void* service) {
  return AsService(service)->ChooseCredentials(connection) ? 1 : 0;
}

// All certificates for the name that differ in the kind of their keys, the first of each: OpenSSL
// takes the one that the client understands. For a name that none has, those of the first one's.
bool TlsService::ChooseCredentials(SSL* connection) const {
  const char* const host = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
  const bool known = KnowsName(host);
  const std::string& usual = credentials_.front().name();
  std::set<int> kinds;
  for (const Credential& one : credentials_) {
    if (known ? !one.IsFor(host) : one.name() != usual) continue;
    if (kinds.insert(one.kind()).second && !one.Install(connection)) return false;
  }
  return true;
}

int TlsService::OnProtocols(SSL* /*connection*/, const unsigned char** chosen,
                            unsigned char* length, const unsigned char* offered,
                            unsigned offered_length, void* service) {
  const auto& ours = AsService(service)->protocols_;
  unsigned char* found = nullptr;
  const int matched = SSL_select_next_proto(
      &found, length, ours.data(), static_cast<unsigned>(ours.size()), offered, offered_length);
  // RFC 7301 section 3.2: no protocol in common ends the handshake.
  if (matched != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

int TlsService::OnStaple(SSL* connection, void* service) {
  const X509* const certificate = SSL_get_certificate(connection);
  for (const Credential& one : AsService(service)->credentials_) {
    if (!one.Has(certificate) || one.staple().empty()) continue;
    const std::string& staple = one.staple();
    void* const copy = OPENSSL_memdup(staple.data(), staple.size());  // OpenSSL frees it
    if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
    SSL_set_tlsext_status_ocsp_resp(connection, copy, static_cast<long>(staple.size()));
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

int TlsService::OnTicket(SSL* connection, unsigned char* name, unsigned char* vector,
                         EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int seal) {
  auto* const self = AsService(SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)));
  const int result = SealOrOpen(self->ticket_keys_, name, vector, cipher, mac, seal == 1);
  // RFC 8446 appendix C.4: a ticket is for one use, so whoever used one gets another (2).
  const bool used = seal == 0 && result == 1 && SSL_version(connection) == TLS1_3_VERSION;
  return used ? 2 : result;
}

}  // namespace postern::daemon
