// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/protocol.h"

#include <algorithm>
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

bool Valid(const AnswerProxy& answer) {
  return answer.outcome >= ProxyOutcome::kProxied && answer.outcome <= ProxyOutcome::kClosed &&
         IsWellFormed(answer.source) && IsWellFormed(answer.destination);
}

bool IsWellFormed(const WireAddress& address) {
  static constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0,    0,
                                                           0, 0, 0, 0, 0xff, 0xff};
  return address.is_v4 == 0 ||
         (address.is_v4 == 1 && std::equal(kMapped.begin(), kMapped.end(), address.bytes.begin()));
}

}  // namespace postern::daemon
