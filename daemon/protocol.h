// SPDX-License-Identifier: BSD-2-Clause
// What posternd and postern-relay say to each other: the one header in which the two sides meet.
//
// Every message is one fixed-layout frame on a sandbox::channel, with the descriptors the comment
// beside it names, in that order. posternd Asks, the relay Answers. A frame of a wrong size or
// type, an unknown enumerator, a session the other side does not know or a missing descriptor is
// garbage: posternd kills the relay and refuses what it had in flight; the relay exits.
// The relay sees client bytes; posternd does not. So no answer carries text: tcpmux names come back
// as the number posternd gave them.
//
// | asked       | when                                | answered by                            |
// |-------------|-------------------------------------|----------------------------------------|
// | AskMuxClear | at start and reload, before names   | nothing                                |
// | AskMuxName  | after AskMuxClear, once a name      | nothing                                |
// | AskServe    | any time                            | AnswerDone                             |
// | AskRedirect | any time                            | AnswerDone                             |
// | AskSplice   | any time                            | AnswerSplice unless full, AnswerDone   |
// | AskMux      | any time                            | AnswerMux or AnswerDone                |
// | AskProxy    | any time                            | AnswerProxy or AnswerDone              |
// | AskBanner   | any time                            | AnswerBanner or AnswerDone             |
// | AskDatagram | any time, one in flight a socket    | AnswerDatagram                         |
// | AskStop     | while the session is in flight      | the session's own answer or AnswerDone |
//
// AnswerReady comes first, once, when the relay has confined itself. No answer carries a
// descriptor: posternd keeps a connection of its own for as long as it may be given back.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "daemon/wire_tlvs.h"
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
  kAnswerTlsService = 161,
  kAnswerTls,
  kAnswerTlsDone,
  kAnswerKeysStuck,
};

// The built-in services as the wire has them.
enum class WireBuiltin : std::uint32_t { kEcho = 1, kDiscard, kDaytime, kTime, kChargen };

struct FrameHeader {
  FrameType type;
  std::uint32_t reserved = 0;
  SessionId session = 0;
};

struct AskMuxClear {
  FrameHeader header{FrameType::kAskMuxClear};
};

// One name that tcpmux may start. Names compare without regard to case (RFC 1078).
inline constexpr std::size_t kMaxMuxName = 64;
inline constexpr std::size_t kMaxMuxNames = 128;
struct AskMuxName {
  FrameHeader header{FrameType::kAskMuxName};
  std::uint32_t index = 0;   // any number, unique for as long as posternd runs; back in AnswerMux
  std::uint32_t length = 0;  // of name, 1..kMaxMuxName
  std::array<char, kMaxMuxName> name{};
};

// Descriptors: client stream.
struct AskServe {
  FrameHeader header{FrameType::kAskServe};
  WireBuiltin builtin{};
  std::uint32_t reserved = 0;
};

struct WireAddress {
  std::array<std::uint8_t, 16> bytes{};  // IPv6 or IPv4-mapped
  std::uint16_t port = 0;                // host order
  std::uint16_t is_v4 = 0;               // 1: use an AF_INET socket
  std::uint32_t reserved = 0;
};

// Descriptors: client stream. The relay connects to the addresses in turn and moves bytes both
// ways; each direction ends by itself (half-close). With a `proxy_version` it first tells the
// backend of the client by a PROXY header, and with 2 of his TLS too.
inline constexpr std::size_t kMaxRedirectAddresses = 8;
struct AskRedirect {
  FrameHeader header{FrameType::kAskRedirect};
  std::uint32_t address_count = 0;
  std::uint32_t keepalive = 0;
  std::uint32_t proxy_version = 0;  // 1, 2; 0: no header
  std::uint32_t reserved = 0;
  WireAddress client, server;  // what the header says; for 0 nothing
  std::array<WireAddress, kMaxRedirectAddresses> addresses{};
  WireTlvs tlvs;
};

// Descriptors: client stream, our end of a program's socketpair. Moves bytes as AskRedirect does,
// and ends with the program: the client gets what is left, unless it takes none of it for so long.
struct AskSplice {
  FrameHeader header{FrameType::kAskSplice};
  std::uint32_t idle_timeout = 0, reserved = 0;  // milliseconds in which nothing moves; 0: for ever
};

// Descriptors: client stream. Reads the name line of RFC 1078, within kMuxDeadlineSeconds; answers
// AnswerMux when it names one of the table, or tells the client "-Service name not found" (or the
// list, for "help") and answers AnswerDone.
inline constexpr std::uint32_t kMuxDeadlineSeconds = 30;
struct AskMux {
  FrameHeader header{FrameType::kAskMux};
};

// Descriptors: client stream. Reads a PROXY header, within kProxyDeadlineSeconds and not one byte
// further, and lets go of the client.
inline constexpr std::uint32_t kProxyDeadlineSeconds = 10;
struct AskProxy {
  FrameHeader header{FrameType::kAskProxy};
};

// Descriptors: client stream, one or two banner files. Writes the files in order to the client,
// however slow it reads, within kBannerDeadlineSeconds, and lets go of it: with AnswerBanner when
// `give_back` is 1, else with AnswerDone. The client descriptor may be in blocking mode: the relay
// never relies on O_NONBLOCK (the mode is the service's) but sends with MSG_DONTWAIT.
inline constexpr std::uint32_t kBannerDeadlineSeconds = 60;
struct AskBanner {
  FrameHeader header{FrameType::kAskBanner};
  std::uint32_t give_back = 0;
  std::uint32_t reserved = 0;
};

// Descriptors: the service's datagram socket. The relay takes exactly one datagram, and answers it
// unless it must not be answered (reflection). kVanished means that nothing was taken: the queue is
// empty, its first datagram is not from `sender`, or the socket had no room for the answer.
struct AskDatagram {
  FrameHeader header{FrameType::kAskDatagram};
  WireBuiltin builtin{};
  std::uint32_t reserved = 0;
  WireAddress sender{};
};

// Ends a session that posternd waits for no longer: the client is closed, and AnswerDone follows.
// It may cross the session's own answer on the way; the relay ignores it then.
struct AskStop {
  FrameHeader header{FrameType::kAskStop};
};

struct AnswerReady {
  FrameHeader header{FrameType::kAnswerReady};
};
// The relay has both ends: the program may start.
struct AnswerSplice {
  FrameHeader header{FrameType::kAnswerSplice};
};

enum class Outcome : std::uint32_t {
  kFinished = 1,   // served to its natural end
  kClientGone,     // reset, or a deadline passed
  kConnectFailed,  // redirect: no address answered; `error` is the last errno
  kUnknownName,    // tcpmux: the client was told so
  kBadRequest,     // tcpmux: no name came
  kStopped,        // AskStop
  kNoCapacity,     // the relay is full; the client was closed
  kIdle,           // nothing moved for the idle timeout
};

struct AnswerDone {
  FrameHeader header{FrameType::kAnswerDone};
  Outcome outcome = Outcome::kFinished;
  std::int32_t error = 0;
  std::uint64_t bytes_in = 0;   // from the client
  std::uint64_t bytes_out = 0;  // to the client
};

// The client stream is positioned after the name line.
struct AnswerMux {
  FrameHeader header{FrameType::kAnswerMux};
  std::uint32_t index = 0, reserved = 0;
};

enum class ProxyOutcome : std::uint32_t {
  kProxied = 1,  // the header names both ends
  kLocal,        // the proxy speaks for itself
  kNoHeader,     // something else came
  kMalformed,
  kTooLong,
  kChecksum,   // the header's checksum is wrong
  kNoAddress,  // the header names no client with an IP address
  kLate,       // the deadline passed
  kClosed,     // the client ended before its header did
};

// The client stream is positioned after the header if that is one.
struct AnswerProxy {
  FrameHeader header{FrameType::kAnswerProxy};
  ProxyOutcome outcome = ProxyOutcome::kMalformed;
  std::uint32_t reserved = 0;
  WireAddress source, destination;  // kProxied only
};

// Only when give_back was asked.
struct AnswerBanner {
  FrameHeader header{FrameType::kAnswerBanner};
};

enum class DatagramOutcome : std::uint32_t { kAnswered = 1, kNothingToSay, kSuppressed, kVanished };

struct AnswerDatagram {
  FrameHeader header{FrameType::kAnswerDatagram};
  DatagramOutcome outcome = DatagramOutcome::kAnswered;
  std::uint32_t reserved = 0;
};

FrameType TypeOf(std::span<const std::byte> bytes);  // FrameType{0} when too short

// Large enough for every frame of every helper.
inline constexpr std::size_t kMaxFrame = 4096;

using sandbox::AsFrame;
using sandbox::ReadFrame;

// Enumerators in a frame that ReadFrame took.
bool Valid(WireBuiltin builtin);
bool Valid(Outcome outcome);
bool Valid(DatagramOutcome outcome);
bool Valid(const AnswerProxy& answer);  // its outcome, and that its addresses are of their families
bool IsWellFormed(const WireAddress& address);  // its bytes agree with the family it says

}  // namespace postern::daemon
