// SPDX-License-Identifier: BSD-2-Clause
// What posternd and postern-tls say to each other.
//
// | asked            | when                                   | answered by                      |
// |------------------|----------------------------------------|----------------------------------|
// | AskTlsEdge       | first; again when postern-keys is new  | nothing                          |
// | AskTlsService    | any time, a number not in use          | AnswerTlsService after the last  |
// | AskTlsCredential | as often as the service said, in order | of its credentials               |
// | AskForgetTls     | any time                               | nothing; sessions go on          |
// | AskTls           | any time                               | AnswerTls unless it fails, then  |
// |                  |                                        | AnswerTlsDone                    |
// | AskTlsAdmit      | after AnswerTls, behind a dialogue     | nothing                          |
// | AskTlsRefuse     | after AnswerTls                        | AnswerTlsDone                    |
// | AskTlsTruncate   | while the session is in flight         | AnswerTlsDone                    |
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
#include "daemon/tls_answers_protocol.h"

namespace postern::daemon {

inline constexpr std::size_t kMaxAlpn = 256;

enum class WireVerify : std::uint32_t { kNone = 1, kRequest, kRequire };

// Descriptors: the authorities (PEM), with `has_authorities`; the revocation lists (PEM), with
// `has_revocations`.
struct AskTlsService {
  FrameHeader header{FrameType::kAskTlsService};
  TlsServiceId service = 0;
  std::uint32_t credential_count = 0;  // up to kMaxCredentials; with 0 it is judged, and not kept
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
  std::uint32_t judged = 0;  // 1: found good before, so that time alone does not make it bad
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

// Whoever has shaken hands is not let in, and told so (daemon/tls/access_denied.h). The service's
// end stays open as with AskTlsTruncate.
struct AskTlsRefuse {
  FrameHeader header{FrameType::kAskTlsRefuse};
};

// The service has ended before its time. What it has said is delivered, without a close_notify,
// which would make it all that there was to say (RFC 8446 section 6.1). Its end of the socketpair
// stays open until this has been answered: an end of file would be the service's own.
struct AskTlsTruncate {
  FrameHeader header{FrameType::kAskTlsTruncate};
};

}  // namespace postern::daemon
