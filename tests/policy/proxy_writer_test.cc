// SPDX-License-Identifier: BSD-2-Clause
#include "policy/proxy/proxy_writer.h"

#include <catch2/catch.hpp>
#include <string>

namespace postern::policy {
namespace {

using namespace std::string_literals;

Endpoint At(const char* address, std::uint16_t port) { return {*IpAddress::Parse(address), port}; }

const ProxiedEnds kV4{At("192.0.2.7", 40001), At("198.51.100.1", 25)};
const ProxiedEnds kV6{At("2001:db8::7", 40001), At("2001:db8::1", 25)};
const ProxiedEnds kMixed{At("192.0.2.7", 0), At("2001:db8::1", 65535)};

TEST_CASE("a line names family, addresses and ports") {
  CHECK(WriteProxyLine(kV4) == "PROXY TCP4 192.0.2.7 198.51.100.1 40001 25\r\n");
  CHECK(WriteProxyLine(kV6) == "PROXY TCP6 2001:db8::7 2001:db8::1 40001 25\r\n");
  CHECK(WriteProxyLine(kMixed) == "PROXY TCP6 ::ffff:192.0.2.7 2001:db8::1 0 65535\r\n");
}

TEST_CASE("a binary header has the length that its family asks for") {
  CHECK(WriteProxyBinary(kV4) ==
        "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\xc6\x33\x64\x01\x9c\x41\0\x19"s);
  CHECK(WriteProxyBinary(kV6).size() == 16 + 36);
  CHECK(WriteProxyBinary(kMixed).substr(12, 4) == "\x21\x21\0\x24"s);
}

TEST_CASE("vectors come behind the addresses, and count in the length") {
  ProxyTlvs tlvs;
  tlvs.alpn = "h2";
  const std::string header = WriteProxyBinary(kV4, tlvs);
  CHECK(header == WriteProxyBinary(kV4).replace(14, 2, "\0\x11"s) + "\x01\0\x02h2"s);
}

TEST_CASE("what is written is read back") {
  for (const ProxiedEnds& ends : {kV4, kV6, kMixed}) {
    for (const std::string& header : {WriteProxyLine(ends), WriteProxyBinary(ends)}) {
      const std::vector<std::uint8_t> bytes(header.begin(), header.end());
      const auto parsed = ParseProxyHeader(bytes);
      REQUIRE(parsed);
      CHECK(parsed->ends == ends);
    }
  }
}

}  // namespace
}  // namespace postern::policy
