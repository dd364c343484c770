// SPDX-License-Identifier: BSD-2-Clause
// What a version 2 PROXY header may hold behind its addresses: type-length-value vectors.
//
// Source: haproxy's proxy-protocol.txt, 2.2. A length that leads out of its vector, a known type
// that comes twice, or a value that cannot be one of its type is a fault; unknown types are passed
// over. What the values say is nobody's evidence here: access is decided by addresses alone, and
// plain_tlvs.h says what of them may be told further.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace postern::policy {

// PP2_TYPE_SSL: the TLS connection that the proxy has ended.
struct ProxySsl {
  // Bits of `client`. A certificate was shown on this connection, or earlier in its session.
  static constexpr std::uint8_t kTls = 1, kCertificateNow = 2, kCertificateOfSession = 4;
  static constexpr std::uint8_t kCertificate = kCertificateNow | kCertificateOfSession;

  std::uint8_t client = 0;
  std::uint32_t verify = 0;  // 0: the certificate, if there was one, was verified
  std::string_view version, common_name, cipher, signature_algorithm, key_algorithm;

  friend bool operator==(const ProxySsl&, const ProxySsl&) = default;
};

// Empty where it was not sent. Bytes as they came: neither text nor printable by nature.
struct ProxyTlvs {
  std::string_view alpn, authority, unique_id, netns;
  std::optional<ProxySsl> ssl;

  friend bool operator==(const ProxyTlvs&, const ProxyTlvs&) = default;
};

enum class TlvFault : std::uint8_t { kMalformed, kChecksum };

// `header` is the whole one, for its checksum; the vectors begin at `start` and fill the rest.
std::expected<ProxyTlvs, TlvFault> ParseProxyTlvs(std::span<const std::uint8_t> header,
                                                  std::size_t start);

// The vectors that say this; of each text at most 65535 bytes.
std::string WriteProxyTlvs(const ProxyTlvs& tlvs);

// CRC32c as of RFC 3720, appendix B.4. `hole` is where four bytes count as zero: those that hold
// the sum itself.
std::uint32_t ProxyChecksum(std::span<const std::uint8_t> header, std::size_t hole);

}  // namespace postern::policy
