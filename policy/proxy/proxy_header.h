// SPDX-License-Identifier: BSD-2-Clause
// The PROXY protocol: the header in which a proxy tells whose connection it passes on. Pure.
//
// Source: haproxy's proxy-protocol.txt, versions 1 (a line of text) and 2 (binary). Stricter than
// it has to be where it leaves a choice: a header that names no client with an IP address (UNKNOWN,
// UNSPEC, unix sockets) is a fault, because nobody could be refused by it. LOCAL is none: the proxy
// speaks for itself then. Fuzzed by fuzz/proxy_header_fuzz.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <vector>

#include "policy/address/ip_address.h"
#include "policy/proxy/proxy_tlvs.h"

namespace postern::policy {

// Of version 1, its end included (proxy-protocol.txt, 2.1); and of version 2, which could announce
// 64 KiB: room for a header's addresses and for TLVs about a TLS client.
inline constexpr std::size_t kMaxProxyLine = 107;
inline constexpr std::size_t kMaxProxyHeader = 4096;

// Both ends of the connection that the proxy has accepted.
struct ProxiedEnds {
  Endpoint source, destination;

  friend bool operator==(const ProxiedEnds&, const ProxiedEnds&) = default;
};

struct ProxyHeader {
  std::optional<ProxiedEnds> ends;  // nullopt: LOCAL, the connection is the proxy's own
  ProxyTlvs tlvs;                   // views of the bytes that were parsed; none with LOCAL
};

enum class ProxyFault : std::uint8_t {
  kNoHeader,   // something else came
  kMalformed,  // a header that breaks its own rules
  kTooLong,
  kChecksum,   // the CRC32c that came with it is another one
  kNoAddress,  // it names no client with an IP address
};

// Exactly one header, from its first byte to its last.
std::expected<ProxyHeader, ProxyFault> ParseProxyHeader(std::span<const std::uint8_t> header);

// Gathers a header from however many pieces it comes in. What follows it belongs to the service, so
// Add() says how many of the bytes are the header's: exactly those may be taken from the socket.
// What cannot become a header is found out at its first wrong byte, as far as the signature goes.
class ProxyHeaderReader {
 public:
  enum class State : std::uint8_t { kOpen, kComplete, kBad };

  // How many bytes it is of use to look at: more than that are not the header's. At least 1 while
  // it is open.
  std::size_t room() const;
  // Returns how many of `bytes` belong to the header.
  std::size_t Add(std::span<const std::uint8_t> bytes);

  State state() const { return state_; }
  const ProxyHeader& header() const { return header_; }  // kComplete; its views are into this
  ProxyFault fault() const { return fault_; }            // kBad

 private:
  bool binary() const { return !bytes_.empty() && bytes_.front() == '\r'; }
  std::size_t Take(std::span<const std::uint8_t> bytes);
  void Judge();
  void Fail(ProxyFault fault);
  void Complete();

  State state_ = State::kOpen;
  ProxyFault fault_ = ProxyFault::kNoHeader;
  std::vector<std::uint8_t> bytes_;
  ProxyHeader header_;
};

}  // namespace postern::policy
