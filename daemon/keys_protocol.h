// SPDX-License-Identifier: BSD-2-Clause
// What postern-keys is asked, by posternd on its channel and by postern-tls on an edge of its own.
//
// | asked by   |               | when                         | answered by                       |
// |------------|---------------|------------------------------|-----------------------------------|
// | posternd   | AskKey        | any time, an index not in use| AnswerKey                         |
// | posternd   | AskForgetKey  | any time                     | nothing                           |
// | posternd   | AskEdge       | any time; replaces the edge  | nothing                           |
// | posternd   | AskAllow      | before the client is passed  | nothing                           |
// | postern-tls| AskSign       | once for each AskAllow       | AnswerSign                        |
//
// AnswerReady comes first, once. Garbage from posternd ends postern-keys; garbage from postern-tls
// ends the edge, and AnswerEdgeGarbage tells posternd. A signature that is not due, or of something
// that no TLS server signs, is refused, and AnswerOverdrawn tells posternd.
//
// A signature is of the message itself, not of a digest: postern-keys reads it, and signs only what
// a TLS server signs in a handshake (daemon/keys/tls_signature.h). So whoever has taken over
// postern-tls gets handshakes signed, one for each connection that posternd passed on, and nothing
// else: no certificate, no token, no message of another protocol that uses the same key.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "daemon/flaw_set.h"
#include "daemon/helper_protocol.h"

namespace postern::daemon {

// Chosen by posternd, never reused while it runs.
using KeyIndex = std::uint32_t;

// Descriptors: the private key, with `has_key`; the certificate it is for (both PEM, regular
// files). The same index names it to postern-tls. Without the key, which whoever asks may not read,
// only the certificate is judged, and nothing kept.
struct AskKey {
  FrameHeader header{FrameType::kAskKey};
  KeyIndex index = 0;
  std::uint32_t has_key = 1;
};

// Of a private key, and of the certificates that are for it. postern-keys looks at all of a file.
inline constexpr std::size_t kMaxKeyFile = 128 * 1024;

enum class KeyFlaw : std::uint32_t {
  kUnreadableKey = 0,  // no unencrypted private key in PEM form, or kMaxKeyFile bytes or more
  kUnreadableCertificate,
  kMismatch,          // the key is not the certificate's
  kUnsupportedKey,    // neither RSA, RSA-PSS, ECDSA on a NIST curve of RFC 8446, nor Ed25519
  kWeakKey,           // RSA below 2048 bits or above 8192
  kNoRoom,            // kMaxKeys are there, or the memory for them is full
  kKeyInCertificate,  // the certificate's file, which postern-tls is given, has a private key in it
  kLast = kKeyInCertificate,
};
// Of all services together. A helper has room for twice as many: while a new configuration takes
// the place of another it is given the keys of both.
inline constexpr std::size_t kMostPairs = 8192;
inline constexpr std::size_t kMaxKeys = 2 * kMostPairs;

// So many AskKey posternd leaves without their answers at most. With a crowd of answers to send
// (daemon/frame_queue.h) postern-keys takes no more questions, and whoever asks for a signature
// then may have been allowed it in vain.
inline constexpr std::size_t kMostUnansweredKeys = 192;

// Only a key without a flaw is kept. The rest of the certificate, its time and its chain, is for
// postern-tls to judge, which may see it when it has no private key in it.
struct AnswerKey {
  FrameHeader header{FrameType::kAnswerKey};
  KeyIndex index = 0;
  FlawSet<KeyFlaw> flaws;
};

struct AskForgetKey {
  FrameHeader header{FrameType::kAskForgetKey};
  KeyIndex index = 0;
  std::uint32_t reserved = 0;
};

// Descriptors: this end of a channel to a new postern-tls. In the place of a session it has the
// edge's number, chosen by posternd, never used again while it runs.
struct AskEdge {
  FrameHeader header{FrameType::kAskEdge};
};

// One signature, for one handshake, with one of `key_count` keys, within so long. A handshake that
// ends without one leaves nothing behind: what is not used expires.
struct AskAllow {
  FrameHeader header{FrameType::kAskAllow};
  KeyIndex first_key = 0;
  std::uint32_t key_count = 0;
  std::uint32_t milliseconds = 0;
  std::uint32_t reserved = 0;
};

// Somebody asked for what was not due.
struct AnswerOverdrawn {
  FrameHeader header{FrameType::kAnswerOverdrawn};
};

// What came from postern-tls is not in the protocol. The edge of that number is closed, and nobody
// is signed for before there is another.
struct AnswerEdgeGarbage {
  FrameHeader header{FrameType::kAnswerEdgeGarbage};
};

// TLS 1.2: two times 32 random bytes and the server's share of ECDHE, at most 133 bytes with its
// 4 of head. TLS 1.3: 98 bytes of context and a transcript hash of at most 64.
inline constexpr std::size_t kMaxSigned = 256;
inline constexpr std::size_t kMaxSignature = 1024;  // RSA of 8192 bits
struct AskSign {
  FrameHeader header{FrameType::kAskSign};
  KeyIndex key = 0;
  std::uint32_t scheme = 0;  // SignatureScheme, RFC 8446 section 4.2.3
  std::uint32_t length = 0;
  std::uint32_t reserved = 0;
  std::array<std::uint8_t, kMaxSigned> message{};
};

struct AnswerSign {
  FrameHeader header{FrameType::kAnswerSign};
  std::uint32_t length = 0;  // 0: refused
  std::uint32_t reserved = 0;
  std::array<std::uint8_t, kMaxSignature> signature{};
};

}  // namespace postern::daemon
