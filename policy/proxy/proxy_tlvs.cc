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

void Append(std::string& vectors, std::uint8_t type, std::string_view value) {
  vectors += {static_cast<char>(type), static_cast<char>(value.size() >> 8 & 0xff),
              static_cast<char>(value.size() & 0xff)};
  vectors += value;
}

void AppendText(std::string& vectors, std::uint8_t type, std::string_view value) {
  if (!value.empty()) Append(vectors, type, value);
}

std::string SslValue(const ProxySsl& ssl) {
  std::string value(1, static_cast<char>(ssl.client));
  for (int shift = 24; shift >= 0; shift -= 8) {
    value.push_back(static_cast<char>(ssl.verify >> shift & 0xff));
  }
  AppendText(value, kSslVersion, ssl.version);
  AppendText(value, kSslCommonName, ssl.common_name);
  AppendText(value, kSslCipher, ssl.cipher);
  AppendText(value, kSslSignatureAlgorithm, ssl.signature_algorithm);
  AppendText(value, kSslKeyAlgorithm, ssl.key_algorithm);
  return value;
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

std::string WriteProxyTlvs(const ProxyTlvs& tlvs) {
  std::string vectors;
  AppendText(vectors, kAlpn, tlvs.alpn);
  AppendText(vectors, kAuthority, tlvs.authority);
  AppendText(vectors, kUniqueId, tlvs.unique_id);
  AppendText(vectors, kNetns, tlvs.netns);
  if (tlvs.ssl) Append(vectors, kSsl, SslValue(*tlvs.ssl));
  return vectors;
}

}  // namespace postern::policy
