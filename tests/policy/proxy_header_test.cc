// SPDX-License-Identifier: BSD-2-Clause
#include "policy/proxy/proxy_header.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace postern::policy {
namespace {

using namespace std::string_literals;
using Bytes = std::vector<std::uint8_t>;
using State = ProxyHeaderReader::State;

const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;
const std::string kV4Block = "\xc0\0\x02\x07\xc6\x33\x64\x01\x9c\x41\0\x19"s;

Bytes Of(const std::string& text) { return {text.begin(), text.end()}; }

std::string Binary(std::uint8_t command, std::uint8_t family, const std::string& block) {
  return kSignature +
         std::string{static_cast<char>(command), static_cast<char>(family),
                     static_cast<char>(block.size() >> 8), static_cast<char>(block.size() & 0xff)} +
         block;
}

Endpoint At(const char* address, std::uint16_t port) { return {*IpAddress::Parse(address), port}; }

std::optional<ProxiedEnds> EndsOf(const std::string& header) {
  const Bytes bytes = Of(header);
  const auto parsed = ParseProxyHeader(bytes);
  INFO(header);
  REQUIRE(parsed);
  return parsed->ends;
}

ProxyFault FaultOf(const std::string& header) {
  const Bytes bytes = Of(header);
  const auto parsed = ParseProxyHeader(bytes);
  INFO(header);
  REQUIRE_FALSE(parsed);
  return parsed.error();
}

// Feeds pieces of that size until the reader wants no more; returns how many bytes it took.
std::size_t Feed(ProxyHeaderReader& reader, const std::string& text, std::size_t piece) {
  const Bytes bytes = Of(text);
  std::size_t taken = 0;
  while (reader.state() == State::kOpen && taken < bytes.size()) {
    const std::size_t length = std::min({piece, reader.room(), bytes.size() - taken});
    REQUIRE(length > 0);
    taken += reader.Add(std::span(bytes).subspan(taken, length));
  }
  return taken;
}

const ProxiedEnds kV4Ends{At("192.0.2.7", 40001), At("198.51.100.1", 25)};

TEST_CASE("a line of version 1 names both ends") {
  CHECK(EndsOf("PROXY TCP4 192.0.2.7 198.51.100.1 40001 25\r\n") == kV4Ends);
  CHECK(EndsOf("PROXY TCP6 2001:DB8::7 ::1 0 65535\r\n") ==
        ProxiedEnds{At("2001:db8::7", 0), At("::1", 65535)});
  // haproxy writes a mapped address where the ends are of two families.
  CHECK(EndsOf("PROXY TCP6 ::ffff:192.0.2.7 2001:db8::1 1 2\r\n")->source == At("192.0.2.7", 1));
}

TEST_CASE("a line that differs in anything from its form is malformed") {
  for (const char* line : {
           "PROXY TCP4 192.0.2.7 198.51.100.1 40001 25\n",
           "PROXY TCP4 192.0.2.7 198.51.100.1 40001 25",
           "PROXY TCP4 192.0.2.7 198.51.100.1 40001 25 \r\n",
           "PROXY TCP4 192.0.2.7 198.51.100.1 40001 25 0\r\n",
           "PROXY TCP4 192.0.2.7 198.51.100.1 40001\r\n",
           "PROXY TCP4 192.0.2.7 198.51.100.1  25\r\n",
           "PROXY TCP4  192.0.2.7 198.51.100.1 40001 25\r\n",
           "PROXY TCP4\t192.0.2.7 198.51.100.1 40001 25\r\n",
           "PROXY TCP4 192.0.2.7 198.51.100.1 65536 25\r\n",
           "PROXY TCP4 192.0.2.7 198.51.100.1 40001 025\r\n",
           "PROXY TCP4 192.0.2.7 198.51.100.1 -1 25\r\n",
           "PROXY TCP4 192.0.2.007 198.51.100.1 40001 25\r\n",
           "PROXY TCP4 192.0.2 198.51.100.1 40001 25\r\n",
           "PROXY TCP4 3221225991 198.51.100.1 40001 25\r\n",
           "PROXY TCP4 ::1 ::1 40001 25\r\n",
           "PROXY TCP6 192.0.2.7 198.51.100.1 40001 25\r\n",
           "PROXY TCP6 fe80::1%eth0 ::1 40001 25\r\n",
           "PROXY TCP6 [::1] ::1 40001 25\r\n",
           "PROXY TCP4 example.org 198.51.100.1 40001 25\r\n",
           "PROXY UDP4 192.0.2.7 198.51.100.1 40001 25\r\n",
           "PROXY tcp4 192.0.2.7 198.51.100.1 40001 25\r\n",
           "PROXY UNKNOWNS\r\n",
           "PROXY \r\n",
           "PROXY TCP4\r\n",
           "PROXY TCP4 192.0.2.7\r\n 198.51.100.1 40001 25\r\n",
       }) {
    CHECK(FaultOf(line) == ProxyFault::kMalformed);
  }
  CHECK(FaultOf("") == ProxyFault::kNoHeader);
  CHECK(FaultOf("HELO\r\n") == ProxyFault::kNoHeader);
  CHECK(FaultOf("PROXY UNKNOWN " + std::string(107 - 16, 'x') + "\r\n") == ProxyFault::kNoAddress);
  CHECK(FaultOf("PROXY UNKNOWN " + std::string(108 - 16, 'x') + "\r\n") == ProxyFault::kMalformed);
}

TEST_CASE("a header without a client's address is told from a malformed one") {
  CHECK(FaultOf("PROXY UNKNOWN\r\n") == ProxyFault::kNoAddress);
  CHECK(FaultOf("PROXY UNKNOWN ffff:f::1 ffff::1 65535 65535\r\n") == ProxyFault::kNoAddress);
  CHECK(FaultOf(Binary(0x21, 0x00, "")) == ProxyFault::kNoAddress);
  CHECK(FaultOf(Binary(0x21, 0x31, std::string(216, '\0'))) == ProxyFault::kNoAddress);
}

TEST_CASE("version 2 names both ends, over TCP and over UDP") {
  CHECK(EndsOf(Binary(0x21, 0x11, kV4Block)) == kV4Ends);
  CHECK(EndsOf(Binary(0x21, 0x12, kV4Block)) == kV4Ends);
  const std::string v6 = "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x07"s +
                         std::string(15, '\0') + "\x01\x9c\x41\0\x19"s;
  CHECK(EndsOf(Binary(0x21, 0x21, v6)) == ProxiedEnds{At("2001:db8::7", 40001), At("::1", 25)});
  CHECK(EndsOf(Binary(0x21, 0x22, v6))->source == At("2001:db8::7", 40001));
  const std::string mapped = std::string(10, '\0') + "\xff\xff\xc0\0\x02\x07"s +
                             std::string(15, '\0') + "\x01\0\x01\0\x02"s;
  CHECK(EndsOf(Binary(0x21, 0x21, mapped))->source == At("192.0.2.7", 1));
}

TEST_CASE("version 2 with vectors behind the addresses") {
  const Bytes bytes = Of(Binary(0x21, 0x11, kV4Block + "\x01\0\x02h2"s));
  const auto parsed = ParseProxyHeader(bytes);
  REQUIRE(parsed);
  CHECK(parsed->ends == kV4Ends);
  CHECK(parsed->tlvs.alpn == "h2");
  CHECK(FaultOf(Binary(0x21, 0x11, kV4Block + "\x01\0\x03h2"s)) == ProxyFault::kMalformed);
  CHECK(FaultOf(Binary(0x21, 0x11, kV4Block + "\x03\0\x04"s + "abcd")) == ProxyFault::kChecksum);
}

TEST_CASE("LOCAL says that the proxy speaks for itself, whatever comes with it") {
  CHECK(EndsOf(Binary(0x20, 0x00, "")) == std::nullopt);
  CHECK(EndsOf(Binary(0x20, 0x11, kV4Block)) == std::nullopt);
  CHECK(EndsOf(Binary(0x20, 0xff, "rubbish")) == std::nullopt);
}

TEST_CASE("version 2 that differs in anything from its form is malformed") {
  for (const std::string& header : {
           Binary(0x11, 0x11, kV4Block),                // version 1
           Binary(0x31, 0x11, kV4Block),                // version 3
           Binary(0x22, 0x11, kV4Block),                // a command that there is not
           Binary(0x21, 0x10, kV4Block),                // no transport
           Binary(0x21, 0x13, kV4Block),                // a transport that there is not
           Binary(0x21, 0x01, kV4Block),                // no family
           Binary(0x21, 0x41, std::string(216, '\0')),  // a family that there is not
           Binary(0x21, 0x11, kV4Block.substr(1)),      // too short for its addresses
           Binary(0x21, 0x21, std::string(35, '\0')), Binary(0x21, 0x31, std::string(215, '\0')),
           Binary(0x21, 0x11, kV4Block) + "x",          // longer than it says
           Binary(0x21, 0x11, kV4Block).substr(0, 27),  // shorter than it says
           Binary(0x21, 0x11, kV4Block).substr(0, 15),
           kSignature.substr(0, 11) + "\r\x21\x11\0\0"s,  // not the signature
       }) {
    CHECK(FaultOf(header) == ProxyFault::kMalformed);
  }
  CHECK(FaultOf(Binary(0x21, 0x11, kV4Block + std::string(kMaxProxyHeader, '\x04'))) ==
        ProxyFault::kTooLong);
}

TEST_CASE("a header is gathered from pieces of any size, and nothing behind it is taken") {
  const std::string noop = "\x04\0\xc8"s + std::string(200, 'x');
  for (const std::string& header :
       {"PROXY TCP4 192.0.2.7 198.51.100.1 40001 25\r\n"s, Binary(0x21, 0x11, kV4Block),
        Binary(0x21, 0x11, kV4Block + noop), Binary(0x20, 0x00, "")}) {
    for (const std::size_t piece : {1U, 2U, 7U, 16U, 17U, 107U, 4096U}) {
      INFO(header << " in pieces of " << piece);
      ProxyHeaderReader reader;
      CHECK(Feed(reader, header + "payload\r\n", piece) == header.size());
      CHECK(reader.state() == State::kComplete);
      CHECK(reader.room() == 0);
      CHECK(reader.header().ends == EndsOf(header));
    }
  }
}

TEST_CASE("what cannot become a header is found out at its first wrong byte") {
  const auto taken_of = [](const std::string& text) {
    ProxyHeaderReader reader;
    const std::size_t taken = Feed(reader, text, 1);
    CHECK(reader.state() == State::kBad);
    CHECK(reader.fault() == ProxyFault::kNoHeader);
    return taken;
  };
  CHECK(taken_of("GET / HTTP/1.0\r\n") == 1);
  CHECK(taken_of("PROX\r\n") == 5);
  CHECK(taken_of("\r\n\r\n\r\n") == 5);
  CHECK(taken_of("\n") == 1);
  CHECK(taken_of("\x16\x03\x01") == 1);
}

TEST_CASE("a header is bounded, and read no further than its head when that is wrong") {
  ProxyHeaderReader line;
  CHECK(Feed(line, "PROXY UNKNOWN " + std::string(200, 'x'), 64) == kMaxProxyLine);
  CHECK(line.state() == State::kBad);
  CHECK(line.fault() == ProxyFault::kTooLong);

  ProxyHeaderReader announced;
  CHECK(Feed(announced, kSignature + "\x21\x11\xff\xff"s + std::string(100, 'x'), 64) == 16);
  CHECK(announced.fault() == ProxyFault::kTooLong);

  ProxyHeaderReader longest;
  const std::string noop = "\x04\x0f\xe1"s + std::string(0xfe1, 'x');
  const std::string header = Binary(0x21, 0x11, kV4Block + noop);
  REQUIRE(header.size() == kMaxProxyHeader);
  CHECK(Feed(longest, header + "payload", 1000) == kMaxProxyHeader);
  CHECK(longest.state() == State::kComplete);
}

TEST_CASE("an unfinished header is open") {
  for (const std::string& start : {"P"s, "PROXY "s, "PROXY TCP4 192.0.2.7 198.51.100.1 40001 25\r"s,
                                   "\r"s, kSignature, Binary(0x21, 0x11, kV4Block).substr(0, 27)}) {
    ProxyHeaderReader reader;
    CHECK(Feed(reader, start, 3) == start.size());
    CHECK(reader.state() == State::kOpen);
    CHECK(reader.room() > 0);
  }
}

}  // namespace
}  // namespace postern::policy
