// SPDX-License-Identifier: BSD-2-Clause
// What postern-relay answers: part of daemon/protocol.h, which says when.
#pragma once

#include <cstdint>

#include "daemon/helper_protocol.h"
#include "daemon/wire_tlvs.h"

namespace postern::daemon {

// The relay has both ends: the program may start.
struct AnswerSplice {
  FrameHeader header{FrameType::kAnswerSplice};
};

enum class Outcome : std::uint32_t {
  kFinished = 1,   // served to its natural end
  kClientGone,     // reset
  kConnectFailed,  // redirect: no address answered; `error` is the last errno
  kUnknownName,    // tcpmux: the client was told so
  kBadRequest,     // tcpmux: no name came
  kStopped,        // AskStop
  kNoCapacity,     // the relay is full; the client was closed
  kIdle,           // nothing moved for the idle timeout
  kTruncated,   // redirect: the backend has reset; what it sent was delivered, and may not be all
  kClientSlow,  // it has taken, or said, nothing in time, and was given up
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
  WireTlvs tlvs;                    // the same
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

// Enumerators in a frame that ReadFrame took.
bool Valid(Outcome outcome);
bool Valid(DatagramOutcome outcome);
bool Valid(const AnswerProxy& answer);  // its outcome; that the rest is as it has to be

}  // namespace postern::daemon
