// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/keys/tls_signature.h"

#include <algorithm>
#include <string_view>

namespace postern::daemon {
namespace {

using enum SignatureScheme;
using enum SignatureFamily;

constexpr SignatureAlgorithm kAlgorithms[] = {
    {kRsaPkcs1Sha256, kRsaPkcs1, false, "SHA256", 0},
    {kRsaPkcs1Sha384, kRsaPkcs1, false, "SHA384", 0},
    {kRsaPkcs1Sha512, kRsaPkcs1, false, "SHA512", 0},
    {kEcdsaP256Sha256, kEcdsa, false, "SHA256", 256},
    {kEcdsaP384Sha384, kEcdsa, false, "SHA384", 384},
    {kEcdsaP521Sha512, kEcdsa, false, "SHA512", 521},
    {kRsaPssRsaeSha256, kRsaPss, false, "SHA256", 0},
    {kRsaPssRsaeSha384, kRsaPss, false, "SHA384", 0},
    {kRsaPssRsaeSha512, kRsaPss, false, "SHA512", 0},
    {kEd25519, kEdDsa, false, nullptr, 0},
    {kRsaPssPssSha256, kRsaPss, true, "SHA256", 0},
    {kRsaPssPssSha384, kRsaPss, true, "SHA384", 0},
    {kRsaPssPssSha512, kRsaPss, true, "SHA512", 0},
};

constexpr std::size_t kPadding = 64;
constexpr std::string_view kContext = "TLS 1.3, server CertificateVerify";

// 64 spaces, the context, one zero, the hash of the transcript (SHA-256 or SHA-384: RFC 8446
// appendix B.4 has no suite with another).
bool IsCertificateVerify(std::span<const std::uint8_t> message) {
  constexpr std::size_t kHead = kPadding + kContext.size() + 1;
  if (message.size() != kHead + 32 && message.size() != kHead + 48) return false;
  const auto padding = message.first(kPadding);
  if (!std::ranges::all_of(padding, [](std::uint8_t byte) { return byte == 0x20; })) return false;
  const auto context = message.subspan(kPadding, kContext.size());
  return std::equal(context.begin(), context.end(), kContext.begin(), kContext.end()) &&
         message[kHead - 1] == 0;
}

// The length of a share of the group (RFC 8422 section 5.4, RFC 7748); 0 for a group that is none.
std::size_t ShareLength(unsigned group) {
  switch (group) {
    case 23:  // secp256r1
      return 65;
    case 24:  // secp384r1
      return 97;
    case 25:  // secp521r1
      return 133;
    case 29:  // x25519
      return 32;
    case 30:  // x448
      return 56;
    default:
      return 0;
  }
}

// Both randoms, then ServerECDHParams: named_curve (3), the group, the share with its length.
bool IsServerKeyExchange(std::span<const std::uint8_t> message) {
  constexpr std::size_t kRandoms = 64, kHead = kRandoms + 4;
  constexpr std::uint8_t kNamedCurve = 3, kUncompressed = 4;
  if (message.size() <= kHead || message[kRandoms] != kNamedCurve) return false;
  const unsigned group = message[kRandoms + 1] * 256U + message[kRandoms + 2];
  const std::size_t length = ShareLength(group);
  if (length == 0 || message[kRandoms + 3] != length || message.size() != kHead + length) {
    return false;
  }
  return group > 25 || message[kHead] == kUncompressed;
}

}  // namespace

std::optional<SignatureAlgorithm> AlgorithmOf(std::uint32_t scheme) {
  for (const SignatureAlgorithm& algorithm : kAlgorithms) {
    if (static_cast<std::uint32_t>(algorithm.scheme) == scheme) return algorithm;
  }
  return std::nullopt;
}

std::optional<SignedThing> WhatIsSigned(std::span<const std::uint8_t> message) {
  if (IsCertificateVerify(message)) return SignedThing::kCertificateVerify;
  if (IsServerKeyExchange(message)) return SignedThing::kServerKeyExchange;
  return std::nullopt;
}

}  // namespace postern::daemon
