// SPDX-License-Identifier: BSD-2-Clause
// What posternd and all its helpers say alike: the frame's head, how it is read, who begins.
//
// Every message is one fixed-layout frame on a sandbox::channel, with the descriptors the comment
// beside it names, in that order. posternd Asks, the helper Answers. What a helper is asked besides
// is in its own header: daemon/protocol.h for postern-relay, daemon/lookup_protocol.h,
// daemon/keys_protocol.h, daemon/tls_protocol.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "sandbox/frame.h"

namespace postern::daemon {

// Where a helper finds its end of the channel when it starts; 0 to 2 are the standard descriptors.
inline constexpr int kChannelDescriptor = 3;

// Chosen by posternd, never reused while it runs.
using SessionId = std::uint64_t;

enum class FrameType : std::uint32_t {
  kAskMuxClear = 1,
  kAskMuxName,
  kAskServe,
  kAskRedirect,
  kAskMux,
  kAskBanner,
  kAskDatagram,
  kAskStop,
  kAskSplice,
  kAskProxy,
  kAskKey = 41,  // from here on: daemon/keys_protocol.h
  kAskForgetKey,
  kAskEdge,
  kAskAllow,
  kAskSign,
  kAskTlsService = 61,  // from here on: daemon/tls_protocol.h
  kAskTlsCredential,
  kAskForgetTls,
  kAskTlsEdge,
  kAskTls,
  kAskTlsAdmit,
  kAskTlsRefuse,
  kAskTlsTruncate,
  kAnswerReady = 101,
  kAnswerDone,
  kAnswerMux,
  kAnswerBanner,
  kAnswerDatagram,
  kAnswerSplice,
  kAnswerProxy,
  kAnswerKey = 141,
  kAnswerOverdrawn,
  kAnswerSign,
  kAnswerEdgeGarbage,
  kAnswerTlsService = 161,
  kAnswerTls,
  kAnswerTlsDone,
  kAnswerKeysStuck,
};

struct FrameHeader {
  FrameType type;
  std::uint32_t reserved = 0;
  SessionId session = 0;
};

struct WireAddress {
  std::array<std::uint8_t, 16> bytes{};  // IPv6 or IPv4-mapped
  std::uint16_t port = 0;                // host order
  std::uint16_t is_v4 = 0;               // 1: use an AF_INET socket
  std::uint32_t reserved = 0;
};

bool IsMapped(const WireAddress& address);      // IPv4 (RFC 4291 section 2.5.5.2)
bool IsWellFormed(const WireAddress& address);  // its bytes agree with the family it says

// Ends a session that posternd waits for no longer: the client is closed, and its last answer
// follows. It may cross the session's own answer on the way; the helper ignores it then.
struct AskStop {
  FrameHeader header{FrameType::kAskStop};
};

// The first answer of a helper, when it has confined itself.
struct AnswerReady {
  FrameHeader header{FrameType::kAnswerReady};
};

FrameType TypeOf(std::span<const std::byte> bytes);  // FrameType{0} when too short

// Large enough for every frame of every helper.
inline constexpr std::size_t kMaxFrame = 4096;

using sandbox::AsFrame;
using sandbox::ReadFrame;

}  // namespace postern::daemon
