// SPDX-License-Identifier: BSD-2-Clause
// What the vectors of a version 2 PROXY header say, between posternd and postern-relay: part of
// daemon/protocol.h.
//
// Each text is bounded and printable ASCII; one that is not is left out. Empty: nothing is said.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace postern::daemon {

template <std::size_t kSize>
struct WireText {
  std::uint32_t length = 0;
  std::array<char, kSize> text{};

  std::string_view view() const { return {text.data(), length}; }
  void Set(std::string_view value) {
    if (value.size() > kSize) return;
    std::ranges::copy(value, text.begin());
    length = static_cast<std::uint32_t>(value.size());
  }
};

struct WireTlvs {
  WireText<64> alpn;                     // RFC 7301
  WireText<256> authority;               // SNI
  std::uint32_t tls = 0;                 // 1: what follows is of the client's TLS
  std::uint32_t client = 0, verify = 0;  // as policy::ProxySsl has them
  WireText<16> version;                  // "TLSv1.3"
  WireText<64> cipher;
  WireText<256> common_name;  // of the client's certificate
};
bool Valid(const WireTlvs& tlvs);

}  // namespace postern::daemon
