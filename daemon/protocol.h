// SPDX-License-Identifier: BSD-2-Clause
// What posternd and postern-relay say to each other: the one header in which the two sides meet.
//
// Every message is one fixed-layout frame on a sandbox::channel, with the descriptors the comment
// beside it names, in that order. posternd Asks, the relay Answers. A frame of a wrong size or
// type, an unknown enumerator, a session the other side does not know or a missing descriptor is
// garbage: posternd kills the relay and refuses what it had in flight; the relay exits.
// The relay sees client bytes; posternd does not. So tcpmux names come back as the number posternd
// gave them, and the one answer that carries text, of a client's proxy, has it bounded and plain.
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

#include "daemon/helper_protocol.h"
#include "daemon/relay_answers_protocol.h"
#include "daemon/wire_tlvs.h"

namespace postern::daemon {

// The built-in services as the wire has them.
enum class WireBuiltin : std::uint32_t { kEcho = 1, kDiscard, kDaytime, kTime, kChargen };

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
// empty, or its first datagram is not from `sender`.
struct AskDatagram {
  FrameHeader header{FrameType::kAskDatagram};
  WireBuiltin builtin{};
  std::uint32_t reserved = 0;
  WireAddress sender{};
};

bool Valid(WireBuiltin builtin);  // of a frame that ReadFrame took

}  // namespace postern::daemon
