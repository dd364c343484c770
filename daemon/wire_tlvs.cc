// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/wire_tlvs.h"

namespace postern::daemon {
namespace {

template <std::size_t kSize>
bool IsText(const WireText<kSize>& text) {
  return text.length <= kSize &&
         std::ranges::all_of(text.view(), [](char byte) { return byte >= 0x20 && byte <= 0x7e; });
}

}  // namespace

bool Valid(const WireTlvs& tlvs) {
  const bool of_tls = tlvs.client != 0 || tlvs.verify != 0 || tlvs.version.length != 0 ||
                      tlvs.cipher.length != 0 || tlvs.common_name.length != 0;
  if (tlvs.tls > 1 || tlvs.client > 0xff || (of_tls && tlvs.tls == 0)) return false;
  return IsText(tlvs.alpn) && IsText(tlvs.authority) && IsText(tlvs.version) &&
         IsText(tlvs.cipher) && IsText(tlvs.common_name);
}

}  // namespace postern::daemon
