// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/keys/tls_signature.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/testlib/signed_messages.h"

namespace postern::daemon {
namespace {

using testlib::CertificateVerifyOf;
using testlib::KeyExchangeOf;

std::optional<SignedThing> What(const std::string& message) {
  return WhatIsSigned({reinterpret_cast<const std::uint8_t*>(message.data()), message.size()});
}

const std::string kHash32(32, 'h'), kHash48(48, 'h');

TEST_CASE("the server's CertificateVerify of TLS 1.3 is signed, and only that") {
  CHECK(What(CertificateVerifyOf(kHash32)) == SignedThing::kCertificateVerify);
  CHECK(What(CertificateVerifyOf(kHash48)) == SignedThing::kCertificateVerify);
  CHECK_FALSE(What(CertificateVerifyOf(kHash32, "client")));
  CHECK_FALSE(What(CertificateVerifyOf(std::string(31, 'h'))));
  CHECK_FALSE(What(CertificateVerifyOf(std::string(64, 'h'))));
  std::string other = CertificateVerifyOf(kHash32);
  other[63] = '!';
  CHECK_FALSE(What(other));
  other = CertificateVerifyOf(kHash32);
  other[97] = 'x';  // in place of the zero
  CHECK_FALSE(What(other));
}

TEST_CASE("the server's share of ECDHE in TLS 1.2 is signed, with a named group") {
  CHECK(What(KeyExchangeOf(std::string(32, 's'))) == SignedThing::kServerKeyExchange);
  CHECK(What(KeyExchangeOf('\4' + std::string(64, 's'), 23)));
  CHECK(What(KeyExchangeOf('\4' + std::string(96, 's'), 24)));
  CHECK(What(KeyExchangeOf('\4' + std::string(132, 's'), 25)));
  CHECK(What(KeyExchangeOf(std::string(56, 's'), 30)));
  CHECK_FALSE(What(KeyExchangeOf('\2' + std::string(64, 's'), 23)));  // compressed
  CHECK_FALSE(What(KeyExchangeOf(std::string(33, 's'))));
  CHECK_FALSE(What(KeyExchangeOf(std::string(32, 's'), 23)));
  CHECK_FALSE(What(KeyExchangeOf(std::string(32, 's'), 31)));
  CHECK_FALSE(What(KeyExchangeOf(std::string(32, 's')) + "more"));
  std::string explicit_curve = KeyExchangeOf(std::string(32, 's'));
  explicit_curve[64] = 1;
  CHECK_FALSE(What(explicit_curve));
}

TEST_CASE("nothing else is signed") {
  CHECK_FALSE(What(""));
  CHECK_FALSE(What(std::string(32, 'd')));  // a digest
  CHECK_FALSE(What(std::string(146, ' ')));
  CHECK_FALSE(What("\x30\x82\x01\x0a to be a certificate"));
}

TEST_CASE("algorithms are those of TLS 1.2 and 1.3 without SHA-1") {
  for (const unsigned scheme : {0x0401U, 0x0403U, 0x0503U, 0x0603U, 0x0804U, 0x0807U, 0x080bU}) {
    const auto algorithm = AlgorithmOf(scheme);
    REQUIRE(algorithm);
    CHECK(static_cast<unsigned>(algorithm->scheme) == scheme);
  }
  for (const unsigned scheme : {0U, 0x0201U, 0x0203U, 0x0808U, 0x0402U, 0x10401U}) {
    CHECK_FALSE(AlgorithmOf(scheme));
  }
}

}  // namespace
}  // namespace postern::daemon
