// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/wire_tlvs.h"

#include "policy/proxy/plain_tlvs.h"

namespace postern::daemon {
namespace {

template <std::size_t... kSizes>
bool Fit(const WireValue<kSizes>&... values) {
  return ((values.length <= kSizes) && ...);
}

template <std::size_t... kSizes>
bool Empty(const WireValue<kSizes>&... values) {
  return ((values.length == 0) && ...);
}

}  // namespace

bool Valid(const WireTlvs& tlvs) {
  if (!Fit(tlvs.alpn, tlvs.authority, tlvs.unique_id, tlvs.version, tlvs.cipher,
           tlvs.signature_algorithm, tlvs.key_algorithm, tlvs.common_name)) {
    return false;
  }
  if (tlvs.client > 0xff) return false;
  if (tlvs.client == 0 &&
      (tlvs.verify != 0 || !Empty(tlvs.version, tlvs.cipher, tlvs.signature_algorithm,
                                  tlvs.key_algorithm, tlvs.common_name))) {
    return false;
  }
  const policy::ProxyTlvs told = ProxyTlvsOf(tlvs);
  return policy::PlainTlvs(told) == told;
}

bool SaysNothing(const WireTlvs& tlvs) { return ProxyTlvsOf(tlvs) == policy::ProxyTlvs(); }

WireTlvs WireTlvsOf(const policy::ProxyTlvs& tlvs) {
  const policy::ProxyTlvs plain = policy::PlainTlvs(tlvs);
  WireTlvs wire;
  wire.alpn.Set(plain.alpn);
  wire.authority.Set(plain.authority);
  wire.unique_id.Set(plain.unique_id);
  if (!plain.ssl) return wire;
  wire.client = plain.ssl->client;
  wire.verify = plain.ssl->verify;
  wire.version.Set(plain.ssl->version);
  wire.cipher.Set(plain.ssl->cipher);
  wire.signature_algorithm.Set(plain.ssl->signature_algorithm);
  wire.key_algorithm.Set(plain.ssl->key_algorithm);
  wire.common_name.Set(plain.ssl->common_name);
  return wire;
}

policy::ProxyTlvs ProxyTlvsOf(const WireTlvs& tlvs) {
  policy::ProxyTlvs told;
  told.alpn = tlvs.alpn.view();
  told.authority = tlvs.authority.view();
  told.unique_id = tlvs.unique_id.view();
  if (tlvs.client == 0) return told;
  told.ssl.emplace();
  told.ssl->client = static_cast<std::uint8_t>(tlvs.client);
  told.ssl->verify = tlvs.verify;
  told.ssl->version = tlvs.version.view();
  told.ssl->cipher = tlvs.cipher.view();
  told.ssl->signature_algorithm = tlvs.signature_algorithm.view();
  told.ssl->key_algorithm = tlvs.key_algorithm.view();
  told.ssl->common_name = tlvs.common_name.view();
  return told;
}

}  // namespace postern::daemon
