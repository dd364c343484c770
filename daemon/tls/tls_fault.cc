// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/tls_fault.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <iterator>

namespace postern::daemon {
namespace {

// X509_verify_cert(3)'s words about revocation lists.
bool IsOfLists(long verdict) {
  constexpr long kOfLists[] = {X509_V_ERR_UNABLE_TO_GET_CRL,
                               X509_V_ERR_CRL_HAS_EXPIRED,
                               X509_V_ERR_CRL_NOT_YET_VALID,
                               X509_V_ERR_CRL_SIGNATURE_FAILURE,
                               X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE,
                               X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD,
                               X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD,
                               X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER,
                               X509_V_ERR_KEYUSAGE_NO_CRL_SIGN,
                               X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION,
                               X509_V_ERR_DIFFERENT_CRL_SCOPE,
                               X509_V_ERR_CRL_PATH_VALIDATION_ERROR};
  return std::ranges::find(kOfLists, verdict) != std::end(kOfLists);
}

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
    case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
      return TlsFault::kUnknownAuthority;
    case X509_V_ERR_INVALID_PURPOSE:
      return TlsFault::kWrongPurpose;
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
      return TlsFault::kWrongAuthority;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return TlsFault::kWeakCertificate;
    default:
      return IsOfLists(verdict) ? TlsFault::kNoRevocationList : TlsFault::kBadCertificate;
  }
}

// OpenSSL has the alerts of its peer behind its own reasons, and those of its other parts (ERR_R_…)
// far behind.
bool IsAlert(int reason) {
  constexpr int kMostAlerts = 256;
  return reason >= SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + kMostAlerts;
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
    case SSL_R_BAD_SIGNATURE:
      return TlsFault::kNoProof;
    case ERR_R_ASN1_LIB:
    case ERR_R_X509_LIB:
      return TlsFault::kBadCertificate;
    default:
      return IsAlert(reason) ? TlsFault::kAlert : TlsFault::kOther;
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
