// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/protocol.h"

#include <cstring>

namespace postern::daemon {

FrameType TypeOf(std::span<const std::byte> bytes) {
  FrameHeader header{FrameType{0}};
  if (bytes.size() >= sizeof header) std::memcpy(&header, bytes.data(), sizeof header);
  return header.type;
}

bool Valid(WireBuiltin builtin) {
  return builtin >= WireBuiltin::kEcho && builtin <= WireBuiltin::kChargen;
}

bool Valid(Outcome outcome) { return outcome >= Outcome::kFinished && outcome <= Outcome::kIdle; }

bool Valid(DatagramOutcome outcome) {
  return outcome >= DatagramOutcome::kAnswered && outcome <= DatagramOutcome::kVanished;
}

}  // namespace postern::daemon
