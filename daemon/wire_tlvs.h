// SPDX-License-Identifier: BSD-2-Clause
// What the vectors of a version 2 PROXY header say, between posternd and postern-relay: part of
// daemon/protocol.h. Towards posternd it is what a client's proxy has said, towards the relay what
// the backend of a redirect is told.
//
// Each value is as policy::PlainTlvs() leaves it, and bounded; one that is not is left out. Empty:
// nothing is said.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "policy/proxy/proxy_tlvs.h"

namespace postern::daemon {

template <std::size_t kSize>
struct WireValue {
  std::uint32_t length = 0;
  std::array<char, kSize> bytes{};

  std::string_view view() const { return {bytes.data(), length}; }
  void Set(std::string_view value) {
    if (value.size() > kSize) return;
    std::ranges::copy(value, bytes.begin());
    length = static_cast<std::uint32_t>(value.size());
  }
};

struct WireTlvs {
  WireValue<64> alpn;                    // RFC 7301
  WireValue<256> authority;              // SNI
  WireValue<128> unique_id;              // any bytes
  std::uint32_t client = 0, verify = 0;  // as policy::ProxySsl has them; 0: what follows is empty
  WireValue<16> version;                 // "TLSv1.3"
  WireValue<64> cipher;
  WireValue<64> signature_algorithm, key_algorithm;  // of the server's certificate
  WireValue<256> common_name;                        // of the client's certificate
};
bool Valid(const WireTlvs& tlvs);
bool SaysNothing(const WireTlvs& tlvs);  // of valid ones

// What of them may be told further, and has room.
WireTlvs WireTlvsOf(const policy::ProxyTlvs& tlvs);
policy::ProxyTlvs ProxyTlvsOf(const WireTlvs& tlvs);  // views of it

}  // namespace postern::daemon
