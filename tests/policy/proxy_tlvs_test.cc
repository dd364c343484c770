// SPDX-License-Identifier: BSD-2-Clause
#include "policy/proxy/proxy_tlvs.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/testlib/sample_tlvs.h"

namespace postern::policy {
namespace {

using namespace std::string_literals;
using Bytes = std::vector<std::uint8_t>;

std::string Tlv(std::uint8_t type, const std::string& value) {
  return std::string{static_cast<char>(type), static_cast<char>(value.size() >> 8),
                     static_cast<char>(value.size() & 0xff)} +
         value;
}

Bytes Of(const std::string& text) { return {text.begin(), text.end()}; }

// Four bytes that are no vectors come first, so that the start counts.
Bytes Behind(const std::string& tlvs) { return Of("head" + tlvs); }

TlvFault FaultOf(const std::string& tlvs) {
  const Bytes bytes = Behind(tlvs);
  const auto parsed = ParseProxyTlvs(bytes, 4);
  INFO(tlvs);
  REQUIRE_FALSE(parsed);
  return parsed.error();
}

TEST_CASE("every known vector is read, unknown ones are passed over") {
  const Bytes bytes =
      Behind(Tlv(0x01, "h2") + Tlv(0x02, "mail.example.org") + Tlv(0x04, "padding") +
             Tlv(0x05, "id\0\xff"s) + Tlv(0x30, "blue") + Tlv(0xea, "amazon") + Tlv(0x99, ""));
  const auto tlvs = ParseProxyTlvs(bytes, 4);
  REQUIRE(tlvs);
  CHECK(tlvs->alpn == "h2");
  CHECK(tlvs->authority == "mail.example.org");
  CHECK(tlvs->unique_id == "id\0\xff"s);
  CHECK(tlvs->netns == "blue");
  CHECK_FALSE(tlvs->ssl);
}

TEST_CASE("what is written is read back, and what is empty is not written") {
  ProxyTlvs tlvs;
  CHECK(WriteProxyTlvs(tlvs).empty());
  tlvs.authority = "mail.example.org";
  CHECK(WriteProxyTlvs(tlvs) == Tlv(0x02, "mail.example.org"));
  tlvs = testlib::SampleTlvs();
  tlvs.netns = "blue";
  const Bytes bytes = Behind(WriteProxyTlvs(tlvs));
  const auto parsed = ParseProxyTlvs(bytes, 4);
  REQUIRE(parsed);
  CHECK(*parsed == tlvs);
  tlvs.ssl = ProxySsl();
  CHECK(WriteProxyTlvs(tlvs).ends_with(Tlv(0x20, "\0\0\0\0\0"s)));
}

TEST_CASE("the vector about TLS has vectors of its own") {
  const std::string inner = Tlv(0x21, "TLSv1.3") + Tlv(0x22, "client.example.org") +
                            Tlv(0x23, "TLS_AES_128_GCM_SHA256") + Tlv(0x24, "SHA256") +
                            Tlv(0x25, "RSA2048") + Tlv(0x7f, "unknown");
  const Bytes bytes = Behind(Tlv(0x20, "\x07\0\0\x01\x02"s + inner));
  const auto tlvs = ParseProxyTlvs(bytes, 4);
  REQUIRE(tlvs);
  REQUIRE(tlvs->ssl);
  CHECK(tlvs->ssl->client == 7);
  CHECK(tlvs->ssl->verify == 0x102);
  CHECK(tlvs->ssl->version == "TLSv1.3");
  CHECK(tlvs->ssl->common_name == "client.example.org");
  CHECK(tlvs->ssl->cipher == "TLS_AES_128_GCM_SHA256");
  CHECK(tlvs->ssl->signature_algorithm == "SHA256");
  CHECK(tlvs->ssl->key_algorithm == "RSA2048");
}

TEST_CASE("a vector that does not fit is a fault") {
  for (const std::string& tlvs : {
           "\x04"s,                                      // no length
           "\x04\0"s,                                    // half of one
           "\x04\0\x01"s,                                // no value
           Tlv(0x04, "fits") + "\x04\0\x02x"s,           // a byte too few
           Tlv(0x20, "\x01\0\0\0"s),                     // too short for client and verify
           Tlv(0x20, "\x01\0\0\0\0\x21"s),               // no length inside
           Tlv(0x20, "\x01\0\0\0\0\x21\0\x09TLSv1.3"s),  // leads out of the outer one
           Tlv(0x05, std::string(129, 'x')),             // longer than an id may be
           Tlv(0x03, "123"),                             // no checksum
           Tlv(0x01, "h2") + Tlv(0x01, "h3"),            // twice
           Tlv(0x20, "\x01\0\0\0\0"s) + Tlv(0x20, "\x01\0\0\0\0"s),
       }) {
    CHECK(FaultOf(tlvs) == TlvFault::kMalformed);
  }
  const Bytes longest_id = Behind(Tlv(0x05, std::string(128, 'x')));
  CHECK(ParseProxyTlvs(longest_id, 4));
}

TEST_CASE("the sum is that of Castagnoli over the whole header, its own four bytes as zero") {
  // RFC 3720, appendix B.4: 32 bytes of 0xff, 32 that count up.
  CHECK(ProxyChecksum(Bytes(32, 0xff), 32) == 0x62a8ab43);
  Bytes counting(32);
  for (std::uint8_t i = 0; i < 32; ++i) counting[i] = i;
  CHECK(ProxyChecksum(counting, 32) == 0x46dd794e);
  CHECK(ProxyChecksum(Bytes(32, 0), 32) == 0x8a9136aa);
  Bytes holed(32, 0);
  for (std::size_t i = 9; i < 13; ++i) holed[i] = 0xaa;
  CHECK(ProxyChecksum(holed, 9) == 0x8a9136aa);
}

TEST_CASE("a right checksum passes, any change is a fault, and a second one too") {
  Bytes bytes = Behind(Tlv(0x01, "h2") + Tlv(0x03, "\0\0\0\0"s) + Tlv(0x04, "after"));
  const std::size_t hole = 4 + 5 + 3;
  const std::uint32_t sum = ProxyChecksum(bytes, hole);
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[hole + i] = static_cast<std::uint8_t>(sum >> (24 - 8 * i));
  }
  CHECK(ParseProxyTlvs(bytes, 4));
  for (const std::size_t at : {std::size_t{0}, std::size_t{8}, hole, bytes.size() - 1}) {
    Bytes changed = bytes;
    changed[at] ^= 1;
    const auto parsed = ParseProxyTlvs(changed, 4);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error() == TlvFault::kChecksum);
  }
  CHECK(FaultOf(Tlv(0x03, "\0\0\0\0"s) + Tlv(0x03, "\0\0\0\0"s)) == TlvFault::kMalformed);
}

}  // namespace
}  // namespace postern::policy
