// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/tls_fault.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

namespace postern::daemon {
namespace {

TlsFault OfCertificate(long verdict) {
  switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return TlsFault::kCertificateExpired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return TlsFault::kCertificateNotYetValid;
    case X509_V_ERR_CERT_REVOKED:
      return TlsFault::kCertificateRevoked;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return TlsFault::kUnknownAuthority;
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
      return TlsFault::kNoRevocationList;
    default:
      return TlsFault::kBadCertificate;
  }
}

TlsFault OfReason(int reason, const SSL* connection) {
  switch (reason) {
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return TlsFault::kNone;
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_BAD_RECORD_TYPE:
    case SSL_R_UNEXPECTED_MESSAGE:
    case SSL_R_UNKNOWN_PROTOCOL:
      return TlsFault::kNotTls;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_INAPPROPRIATE_FALLBACK:
      return TlsFault::kNoVersion;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_GROUPS:
      return TlsFault::kNoCipher;
    case SSL_R_NO_APPLICATION_PROTOCOL:
      return TlsFault::kNoProtocol;
    case SSL_R_CALLBACK_FAILED:
      return TlsFault::kUnknownName;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return TlsFault::kNoCertificate;
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return OfCertificate(SSL_get_verify_result(connection));
    default:
      return reason >= SSL_AD_REASON_OFFSET ? TlsFault::kAlert : TlsFault::kOther;
  }
}

}  // namespace

TlsFault FaultOf(const SSL* connection) {
  TlsFault fault = TlsFault::kOther;
  while (const unsigned long error = ERR_get_error()) {
    if (ERR_GET_LIB(error) != ERR_LIB_SSL || fault != TlsFault::kOther) continue;
    fault = OfReason(ERR_GET_REASON(error), connection);
  }
  return fault;
}

}  // namespace postern::daemon
