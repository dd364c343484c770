// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/helper_protocol.h"

#include <algorithm>
#include <cstring>

namespace postern::daemon {

bool IsMapped(const WireAddress& address) {
  static constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0,    0,
                                                           0, 0, 0, 0, 0xff, 0xff};
  return std::equal(kMapped.begin(), kMapped.end(), address.bytes.begin());
}

FrameType TypeOf(std::span<const std::byte> bytes) {
  FrameHeader header{FrameType{0}};
  if (bytes.size() >= sizeof header) std::memcpy(&header, bytes.data(), sizeof header);
  return header.type;
}

bool IsWellFormed(const WireAddress& address) {
  return address.is_v4 == 0 || (address.is_v4 == 1 && IsMapped(address));
}

}  // namespace postern::daemon
