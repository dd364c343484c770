// SPDX-License-Identifier: BSD-2-Clause
#include "policy/proxy/proxy_tlvs.h"

namespace postern::policy {
namespace {

using Bytes = std::span<const std::uint8_t>;

// proxy-protocol.txt, 2.2 and 2.2.6.
enum Type : std::uint8_t {
  kAlpn = 0x01,
  kAuthority = 0x02,
  kCrc32c = 0x03,
  kNoop = 0x04,
  kUniqueId = 0x05,
  kSsl = 0x20,
  kSslVersion = 0x21,
  kSslCommonName = 0x22,
  kSslCipher = 0x23,
  kSslSignatureAlgorithm = 0x24,
  kSslKeyAlgorithm = 0x25,
  kNetns = 0x30,
};

constexpr std::size_t kTlvHead = 3;  // type, and the length of the value in network order
constexpr std::size_t kChecksumLength = 4;
constexpr std::size_t kMaxUniqueId = 128;
constexpr std::size_t kSslHead = 5;  // client, verify

std::uint32_t Big32(Bytes bytes) {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : bytes.first(4)) value = value << 8 | byte;
  return value;
}

std::string_view Text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct Tlv {
  std::uint8_t type = 0;
  Bytes value;
};

// Takes the next vector off `rest`; false when it does not fit.
bool Next(Bytes& rest, Tlv& tlv) {
  if (rest.size() < kTlvHead) return false;
  const std::size_t length = static_cast<std::size_t>(rest[1] << 8 | rest[2]);
  if (length > rest.size() - kTlvHead) return false;
  tlv = {rest[0], rest.subspan(kTlvHead, length)};
  rest = rest.subspan(kTlvHead + length);
  return true;
}

// False when it was there already. An empty value is as good as none, so it may come again.
bool Store(std::string_view& field, Bytes value) {
  if (!field.empty()) return false;
  field = Text(value);
  return true;
}

bool StoreSsl(std::optional<ProxySsl>& field, Bytes value) {
  if (field || value.size() < kSslHead) return false;
  field.emplace();
  field->client = value[0];
  field->verify = Big32(value.subspan(1));
  Tlv tlv;
  for (Bytes rest = value.subspan(kSslHead); !rest.empty();) {
    if (!Next(rest, tlv)) return false;
    std::string_view other;
    std::string_view& known = tlv.type == kSslVersion              ? field->version
                              : tlv.type == kSslCommonName         ? field->common_name
                              : tlv.type == kSslCipher             ? field->cipher
                              : tlv.type == kSslSignatureAlgorithm ? field->signature_algorithm
                              : tlv.type == kSslKeyAlgorithm       ? field->key_algorithm
                                                                   : other;
    if (!Store(known, tlv.value)) return false;
  }
  return true;
}

bool StoreValue(ProxyTlvs& tlvs, const Tlv& tlv) {
  switch (tlv.type) {
    case kAlpn:
      return Store(tlvs.alpn, tlv.value);
    case kAuthority:
      return Store(tlvs.authority, tlv.value);
    case kUniqueId:
      return tlv.value.size() <= kMaxUniqueId && Store(tlvs.unique_id, tlv.value);
    case kSsl:
      return StoreSsl(tlvs.ssl, tlv.value);
    case kNetns:
      return Store(tlvs.netns, tlv.value);
    case kNoop:
    default:
      return true;
  }
}

}  // namespace

std::uint32_t ProxyChecksum(Bytes header, std::size_t hole) {
  constexpr std::uint32_t kPolynomial = 0x82f63b78;  // of Castagnoli, its bits reversed
  std::uint32_t sum = 0xffffffff;
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (i < hole || i >= hole + kChecksumLength) sum ^= header[i];
    for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ ((sum & 1) != 0 ? kPolynomial : 0);
  }
  return ~sum;
}

std::expected<ProxyTlvs, TlvFault> ParseProxyTlvs(Bytes header, std::size_t start) {
  ProxyTlvs tlvs;
  std::optional<std::size_t> sum_at;
  Tlv tlv;
  for (Bytes rest = header.subspan(start); !rest.empty();) {
    if (!Next(rest, tlv)) return std::unexpected(TlvFault::kMalformed);
    if (tlv.type == kCrc32c) {
      if (sum_at || tlv.value.size() != kChecksumLength) {
        return std::unexpected(TlvFault::kMalformed);
      }
      sum_at = header.size() - rest.size() - kChecksumLength;
    } else if (!StoreValue(tlvs, tlv)) {
      return std::unexpected(TlvFault::kMalformed);
    }
  }
  if (sum_at && ProxyChecksum(header, *sum_at) != Big32(header.subspan(*sum_at))) {
    return std::unexpected(TlvFault::kChecksum);
  }
  return tlvs;
}

}  // namespace postern::policy
