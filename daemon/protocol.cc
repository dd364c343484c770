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

namespace {

bool IsNone(const WireAddress& address) {
  return address.bytes == WireAddress().bytes && address.port == 0 && address.is_v4 == 0;
}

bool IsMapped(const WireAddress& address) {
  static constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0,    0,
                                                           0, 0, 0, 0, 0xff, 0xff};
  return std::equal(kMapped.begin(), kMapped.end(), address.bytes.begin());
}

}  // namespace

bool Valid(WireBuiltin builtin) {
  return builtin >= WireBuiltin::kEcho && builtin <= WireBuiltin::kChargen;
}

bool Valid(Outcome outcome) { return outcome >= Outcome::kFinished && outcome <= Outcome::kIdle; }

bool Valid(DatagramOutcome outcome) {
  return outcome >= DatagramOutcome::kAnswered && outcome <= DatagramOutcome::kVanished;
}

bool Valid(const AnswerProxy& answer) {
  if (answer.outcome < ProxyOutcome::kProxied || answer.outcome > ProxyOutcome::kClosed) {
    return false;
  }
  const auto fits = [&answer](const WireAddress& address) {
    if (answer.outcome != ProxyOutcome::kProxied) return IsNone(address);
    return address.is_v4 == (IsMapped(address) ? 1 : 0);
  };
  return fits(answer.source) && fits(answer.destination);
}

bool IsWellFormed(const WireAddress& address) {
  return address.is_v4 == 0 || (address.is_v4 == 1 && IsMapped(address));
}

}  // namespace postern::daemon
