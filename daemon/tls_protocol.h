// SPDX-License-Identifier: BSD-2-Clause
// What posternd and postern-tls say to each other.
//
// | asked            | when                                   | answered by                      |
// |------------------|----------------------------------------|----------------------------------|
// | AskTlsEdge       | first; again when postern-keys is new  | nothing                          |
// | AskTlsService    | any time, a number not in use          | see AskTlsCredential             |
// | AskTlsCredential | as often as the service said, in order | AnswerTlsService after the last  |
// | AskForgetTls     | any time                               | nothing; sessions go on          |
// | AskTls           | any time                               | AnswerTls unless it fails, then  |
// |                  |                                        | AnswerTlsDone                    |
// | AskTlsAdmit      | after AnswerTls, behind a dialogue     | nothing                          |
// | AskTlsRefuse     | after AnswerTls                        | AnswerTlsDone                    |
// | AskStop          | while the session is in flight         | AnswerTlsDone                    |
//
// AnswerReady comes first, once. Garbage ends the side that sent it, as with daemon/protocol.h.
// postern-tls sees client bytes; posternd does not. What it answers in text (names of a
// certificate, SNI) is bounded and printable ASCII, and posternd checks that: a name that is not
// so, or that has no room, is left out, and `more_names` says so.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "daemon/helper_protocol.h"
#include "daemon/keys_protocol.h"

namespace postern::daemon {

// A service's TLS as one configuration has it; chosen by posternd, never reused while it runs.
using TlsServiceId = std::uint32_t;

inline constexpr std::uint32_t kTls12 = 0x0303, kTls13 = 0x0304;
inline constexpr std::size_t kMaxCredentials = 64;
inline constexpr std::size_t kMaxAlpn = 256;

enum class WireVerify : std::uint32_t { kNone = 1, kRequest, kRequire };

// Descriptors: the authorities (PEM), with `has_authorities`; the revocation lists (PEM), with
// `has_revocations`.
struct AskTlsService {
  FrameHeader header{FrameType::kAskTlsService};
  TlsServiceId service = 0;
  std::uint32_t credential_count = 0;  // 1..kMaxCredentials
  std::uint32_t min_version = kTls12;  // kTls12 or kTls13
  WireVerify verify = WireVerify::kNone;
  std::uint32_t strict_names = 0;  // 1: a name that no certificate has ends the handshake
  std::uint32_t handshake_ms = 0;
  std::uint32_t has_authorities = 0, has_revocations = 0;
  std::uint32_t alpn_length = 0;
  std::uint32_t reserved = 0;
  std::array<std::uint8_t, kMaxAlpn> alpn{};  // as RFC 7301 has it on the wire, in our order
};

// Descriptors: the certificate and its chain (PEM); the OCSP response (DER), with `has_staple`.
struct AskTlsCredential {
  FrameHeader header{FrameType::kAskTlsCredential};
  TlsServiceId service = 0;
  KeyIndex key = 0;
  std::uint32_t has_staple = 0;
  std::uint32_t judged = 0;  // as in AskKey
};

enum class TlsVerdict : std::uint32_t {
  kGood = 1,
  kBadSettings,
  kBadCertificate,  // a chain that cannot be read or used
  kBadAuthorities,
  kBadRevocations,
  kBadStaple,  // no good response for the certificate, or past its time
};
// Only a good service is kept.
struct AnswerTlsService {
  FrameHeader header{FrameType::kAnswerTlsService};
  TlsServiceId service = 0;
  TlsVerdict verdict = TlsVerdict::kGood;
  std::uint32_t credential = 0;  // kBadCertificate, kBadStaple: which, counted from 0
  std::uint32_t reserved = 0;
};

struct AskForgetTls {
  FrameHeader header{FrameType::kAskForgetTls};
  TlsServiceId service = 0;
  std::uint32_t reserved = 0;
};

// Descriptors: this end of a channel to postern-keys.
struct AskTlsEdge {
  FrameHeader header{FrameType::kAskTlsEdge};
};

// kNone: the client begins with the handshake. Otherwise the dialogue of that protocol comes first.
enum class WireStartTls : std::uint32_t { kNone = 0, kSmtp, kImap, kPop3, kFtp };

// Descriptors: client stream, our end of the service's socketpair. A signature must have been
// allowed before (AskAllow). With a dialogue, the handshake must be done by its deadline all the
// same, unless the client goes on in plaintext, which it may where TLS is not `required`.
struct AskTls {
  FrameHeader header{FrameType::kAskTls};
  TlsServiceId service = 0;
  std::uint32_t idle_timeout = 0;  // milliseconds in which nothing moves; 0: for ever
  WireStartTls starttls = WireStartTls::kNone;
  std::uint32_t required = 1;
};

// Whoever has started TLS in a dialogue may be served. The service runs already, and the rules on
// client certificates are asked only now: until this comes, nothing of what the client sends is
// carried. With a handshake of its own the service is started when they have been.
struct AskTlsAdmit {
  FrameHeader header{FrameType::kAskTlsAdmit};
};

// Whoever has shaken hands is not let in, and told so (daemon/tls/access_denied.h).
struct AskTlsRefuse {
  FrameHeader header{FrameType::kAskTlsRefuse};
};

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
  kStopped,  // AskStop, AskTlsRefuse
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
  kNoRevocationList,  // none for the issuer, or one past its time
  kBadCertificate,    // another fault of the client's certificate
  kAlert,             // the client refused
  kOther,
};

struct AnswerTlsDone {
  FrameHeader header{FrameType::kAnswerTlsDone};
  TlsOutcome outcome = TlsOutcome::kFinished;
  TlsFault fault = TlsFault::kNone;
  std::uint64_t bytes_in = 0;   // plaintext, from the client
  std::uint64_t bytes_out = 0;  // plaintext, to the client
};
inline bool Valid(TlsVerdict verdict) {
  return verdict >= TlsVerdict::kGood && verdict <= TlsVerdict::kBadStaple;
}
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
