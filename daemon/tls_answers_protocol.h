// SPDX-License-Identifier: BSD-2-Clause
// What postern-tls answers: part of daemon/tls_protocol.h, which says when.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "daemon/flaw_set.h"
#include "daemon/helper_protocol.h"

namespace postern::daemon {

// A service's TLS as one configuration has it; chosen by posternd, never reused while it runs.
using TlsServiceId = std::uint32_t;

inline constexpr std::uint32_t kTls12 = 0x0303, kTls13 = 0x0304;

// Of each file that postern-tls reads. Revocation lists of public authorities have some megabytes;
// in memory they take several times that.
inline constexpr std::size_t kMaxPemFile = std::size_t{16} << 20;

enum class ServiceFlaw : std::uint32_t {
  kBadSettings = 0,
  kBadAuthorities,
  kRootlessAuthorities,  // none signs itself, so they verify nobody
  kBadRevocations,
  kLast = kBadRevocations,
};

enum class CredentialFlaw : std::uint32_t {
  kUnreadable = 0,  // no certificates in PEM form, or a private key beside them
  kUnusable,        // OpenSSL would not serve it: a key or a signature of the chain is too weak
  kExpired,
  kNotYetValid,
  kLinkExpired,  // another one of the chain: whether a client needs it is not known here
  kLinkNotYetValid,
  kBadStaple,  // no good response for the certificate, or past its time
  kLongStaple,
  kLast = kLongStaple,
};
// RFC 8446 section 4.4.2: in TLS 1.3 the extensions of a certificate have 65535 bytes, four of
// which are this one's head, and four more the status's own (RFC 6066 section 8).
inline constexpr std::size_t kMaxStaple = 65'535 - 8;

struct WireCredential {
  FlawSet<CredentialFlaw> flaws;
  std::uint32_t days_left = UINT32_MAX;  // until the first of the chain is over, of those in force
  std::uint32_t first_over = 0;          // which one that is; 0 is the certificate itself
};

inline constexpr std::size_t kMaxCredentials = 64;
// Only a good service is kept. Of one that was found good before, the times are not judged.
struct AnswerTlsService {
  FrameHeader header{FrameType::kAnswerTlsService};
  TlsServiceId service = 0;
  FlawSet<ServiceFlaw> flaws;
  std::array<WireCredential, kMaxCredentials> credentials{};  // in the order asked
};
bool Valid(const AnswerTlsService& answer);
// Links of a chain that are not in force do not make it bad.
bool IsGood(const AnswerTlsService& answer);

enum class WireCertNameKind : std::uint8_t { kCommonName = 1, kDns, kEmail, kUri, kAddress };
inline constexpr std::size_t kMaxCertName = 253;
struct WireCertName {
  WireCertNameKind kind{};
  std::uint8_t length = 0;
  std::array<char, kMaxCertName + 1> text{};
};
inline constexpr std::size_t kMaxCertNames = 8;
inline constexpr std::size_t kMaxDistinguishedName = 512;

// The handshake is done. What follows on the service's side is plaintext.
struct AnswerTls {
  FrameHeader header{FrameType::kAnswerTls};
  std::uint32_t version = 0;  // kTls12 or kTls13
  std::uint32_t resumed = 0;
  std::uint32_t verified = 0;    // 1: the client has a certificate of an authority given
  std::uint32_t more_names = 0;  // 1: it has names that are not here
  std::uint32_t name_count = 0;
  std::uint32_t cipher_length = 0, server_name_length = 0, alpn_length = 0;
  std::uint32_t subject_length = 0, issuer_length = 0;
  std::array<char, 64> cipher{};
  std::array<char, 256> server_name{};  // SNI
  std::array<char, 64> alpn{};
  std::array<std::uint8_t, 32> fingerprint{};  // SHA-256 of the client's certificate
  std::array<char, kMaxDistinguishedName> subject{}, issuer{};  // RFC 2253
  std::array<WireCertName, kMaxCertNames> names{};
};
bool Valid(const AnswerTls& answer);

enum class TlsOutcome : std::uint32_t {
  kFinished = 1,
  kClientGone,  // reset, or gone without a close_notify
  kIdle,
  kRefused,    // AskTlsRefuse
  kTruncated,  // AskTlsTruncate
  kNoCapacity,
  kHandshakeFailed,  // `fault` says why
  kHandshakeLate,    // the deadline passed
  kUnknownService,
};

enum class TlsFault : std::uint32_t {
  kNone = 1,
  kNotTls,
  kNoVersion,
  kNoCipher,
  kNoProtocol,     // ALPN
  kUnknownName,    // SNI, with strict_names
  kNoSignature,    // postern-keys does not answer, or refuses
  kNoCertificate,  // required of the client, and none came
  kCertificateExpired,
  kCertificateNotYetValid,
  kCertificateRevoked,
  kUnknownAuthority,
  kNoRevocationList,  // none in force for the issuer
  kWrongPurpose,      // it is not one for clients
  kWrongAuthority,    // whoever signed it may not sign it
  kWeakCertificate,
  kNoProof,         // it is another's, for all that the client has shown
  kBadCertificate,  // another fault of the client's certificate
  kAlert,           // the client refused
  kOther,
};

struct AnswerTlsDone {
  FrameHeader header{FrameType::kAnswerTlsDone};
  TlsOutcome outcome = TlsOutcome::kFinished;
  TlsFault fault = TlsFault::kNone;
  std::uint64_t bytes_in = 0;   // plaintext, from the client
  std::uint64_t bytes_out = 0;  // plaintext, to the client
};
inline bool Valid(const AnswerTlsDone& answer) {
  return answer.outcome >= TlsOutcome::kFinished && answer.outcome <= TlsOutcome::kUnknownService &&
         answer.fault >= TlsFault::kNone && answer.fault <= TlsFault::kOther;
}

// postern-keys does not answer in time, or not what it was asked: a new one, and a new edge, are
// needed.
struct AnswerKeysStuck {
  FrameHeader header{FrameType::kAnswerKeysStuck};
};

}  // namespace postern::daemon
