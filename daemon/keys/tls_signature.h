// SPDX-License-Identifier: BSD-2-Clause
// What a TLS server signs in a handshake, and with which algorithms: pure, and all that
// postern-keys reads of a message it is asked to sign.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace postern::daemon {

// RFC 8446 section 4.2.3, less SHA-1, Ed448 and what no certificate here has.
enum class SignatureScheme : std::uint32_t {
  kRsaPkcs1Sha256 = 0x0401,
  kRsaPkcs1Sha384 = 0x0501,
  kRsaPkcs1Sha512 = 0x0601,
  kEcdsaP256Sha256 = 0x0403,
  kEcdsaP384Sha384 = 0x0503,
  kEcdsaP521Sha512 = 0x0603,
  kRsaPssRsaeSha256 = 0x0804,
  kRsaPssRsaeSha384 = 0x0805,
  kRsaPssRsaeSha512 = 0x0806,
  kEd25519 = 0x0807,
  kRsaPssPssSha256 = 0x0809,
  kRsaPssPssSha384 = 0x080a,
  kRsaPssPssSha512 = 0x080b,
};

enum class SignatureFamily : std::uint8_t { kRsaPkcs1, kRsaPss, kEcdsa, kEdDsa };

struct SignatureAlgorithm {
  SignatureScheme scheme{};
  SignatureFamily family{};
  bool pss_key = false;          // kRsaPss: for keys of type RSA-PSS, not RSA
  const char* digest = nullptr;  // OpenSSL's name; null for kEdDsa
  std::uint32_t curve_bits = 0;  // kEcdsa in TLS 1.3
};

std::optional<SignatureAlgorithm> AlgorithmOf(std::uint32_t scheme);

enum class SignedThing : std::uint8_t {
  kCertificateVerify,  // TLS 1.3, RFC 8446 section 4.4.3, the server's
  kServerKeyExchange,  // TLS 1.2, RFC 8422 section 5.4: ECDHE with a named group
};

// nullopt: nothing that a TLS server signs.
std::optional<SignedThing> WhatIsSigned(std::span<const std::uint8_t> message);

}  // namespace postern::daemon
