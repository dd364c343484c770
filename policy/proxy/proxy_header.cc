// SPDX-License-Identifier: BSD-2-Clause
#include "policy/proxy/proxy_header.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "policy/address/decimal.h"

namespace postern::policy {
namespace {

using Bytes = std::span<const std::uint8_t>;
using Parsed = std::expected<ProxyHeader, ProxyFault>;

constexpr std::string_view kLineStart = "PROXY ";
constexpr std::array<std::uint8_t, 12> kSignature = {'\r', '\n', '\r', '\n', 0,   '\r',
                                                     '\n', 'Q',  'U',  'I',  'T', '\n'};
// Of version 2: signature, version and command, family and transport, length of what follows.
constexpr std::size_t kHead = 16;
constexpr std::uint32_t kMaxPort = 65535;

std::string_view Text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::size_t Big16(Bytes bytes) { return static_cast<std::size_t>(bytes[0] << 8 | bytes[1]); }

bool StartsAlike(Bytes bytes, Bytes start) {
  const std::size_t length = std::min(bytes.size(), start.size());
  return std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length),
                    start.begin());
}

// Takes the next word off `rest`, and the one blank behind it.
std::string_view NextWord(std::string_view& rest) {
  const std::size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

std::optional<IpAddress> AddressOf(std::string_view text, bool v4) {
  // The other family's spelling is no address of this one.
  if (text.contains(':') == v4) return std::nullopt;
  return IpAddress::Parse(text);
}

Parsed ParseLine(std::string_view line) {
  if (!line.ends_with("\r\n") || line.size() > kMaxProxyLine || !line.starts_with(kLineStart)) {
    return std::unexpected(ProxyFault::kMalformed);
  }
  line.remove_prefix(kLineStart.size());
  line.remove_suffix(2);
  const std::size_t blanks = static_cast<std::size_t>(std::ranges::count(line, ' '));
  const std::string_view family = NextWord(line);
  // What follows the word has no meaning (2.1).
  if (family == "UNKNOWN") return std::unexpected(ProxyFault::kNoAddress);
  const bool v4 = family == "TCP4";
  if ((!v4 && family != "TCP6") || blanks != 4) return std::unexpected(ProxyFault::kMalformed);
  const auto source = AddressOf(NextWord(line), v4);
  const auto destination = AddressOf(NextWord(line), v4);
  const auto source_port = ParseCanonicalDecimal(NextWord(line), kMaxPort);
  const auto destination_port = ParseCanonicalDecimal(line, kMaxPort);
  if (!source || !destination || !source_port || !destination_port) {
    return std::unexpected(ProxyFault::kMalformed);
  }
  return ProxyHeader{ProxiedEnds{{*source, static_cast<std::uint16_t>(*source_port)},
                                 {*destination, static_cast<std::uint16_t>(*destination_port)}},
                     {}};
}

// The family and transport byte of version 2.
struct Family {
  std::size_t address = 0;  // bytes of one address
  std::size_t block = 0;    // of both, with the ports where there are any
};

std::optional<Family> FamilyOf(std::uint8_t byte) {
  switch (byte) {
    case 0x00:  // UNSPEC
      return Family{};
    case 0x11:  // TCP and UDP over IPv4. A UDP client of the proxy (QUIC) is a client all the same.
    case 0x12:
      return Family{4, 12};
    case 0x21:
    case 0x22:
      return Family{16, 36};
    case 0x31:  // unix, stream and datagram
    case 0x32:
      return Family{108, 216};
    default:
      return std::nullopt;
  }
}

IpAddress AddressAt(Bytes bytes, std::size_t length) {
  if (length == 4) {
    std::uint32_t value = 0;
    for (const std::uint8_t byte : bytes.first(4)) value = value << 8 | byte;
    return IpAddress::FromV4(value);
  }
  IpAddress::Bytes16 whole{};
  std::ranges::copy(bytes.first(whole.size()), whole.begin());
  return IpAddress::FromV6(whole);
}

ProxiedEnds EndsAt(Bytes bytes, std::size_t length) {
  const Bytes ports = bytes.subspan(2 * length);
  return {{AddressAt(bytes, length), static_cast<std::uint16_t>(Big16(ports))},
          {AddressAt(bytes.subspan(length), length),
           static_cast<std::uint16_t>(Big16(ports.subspan(2)))}};
}

// What the first kHead bytes alone can be wrong about.
std::optional<ProxyFault> FaultOfHead(Bytes head) {
  const std::uint8_t version = head[12] >> 4, command = head[12] & 0xf;
  if (version != 2 || command > 1) return ProxyFault::kMalformed;
  const std::size_t length = Big16(head.subspan(14));
  if (length > kMaxProxyHeader - kHead) return ProxyFault::kTooLong;
  const auto family = FamilyOf(head[13]);
  // With LOCAL the family is ignored (2.2).
  if (command == 1 && (!family || length < family->block)) return ProxyFault::kMalformed;
  return std::nullopt;
}

Parsed ParseBinary(Bytes header) {
  if (header.size() < kHead || !StartsAlike(header, kSignature)) {
    return std::unexpected(ProxyFault::kMalformed);
  }
  if (const auto fault = FaultOfHead(header)) return std::unexpected(*fault);
  if (header.size() != kHead + Big16(header.subspan(14))) {
    return std::unexpected(ProxyFault::kMalformed);
  }
  if ((header[12] & 0xf) == 0) return ProxyHeader{};
  const Family family = *FamilyOf(header[13]);
  const auto tlvs = ParseProxyTlvs(header, kHead + family.block);
  if (!tlvs) {
    return std::unexpected(tlvs.error() == TlvFault::kChecksum ? ProxyFault::kChecksum
                                                               : ProxyFault::kMalformed);
  }
  if (family.address != 4 && family.address != 16) return std::unexpected(ProxyFault::kNoAddress);
  return ProxyHeader{EndsAt(header.subspan(kHead), family.address), *tlvs};
}

}  // namespace

Parsed ParseProxyHeader(Bytes header) {
  if (header.empty()) return std::unexpected(ProxyFault::kNoHeader);
  if (header.front() == kSignature.front()) return ParseBinary(header);
  return header.front() == 'P' ? ParseLine(Text(header)) : std::unexpected(ProxyFault::kNoHeader);
}

std::size_t ProxyHeaderReader::room() const {
  if (state_ != State::kOpen) return 0;
  if (!binary()) return kMaxProxyLine - bytes_.size();
  const std::size_t length =
      bytes_.size() < kHead ? kHead : kHead + Big16(Bytes(bytes_).subspan(14));
  return length - bytes_.size();
}

std::size_t ProxyHeaderReader::Add(Bytes bytes) {
  std::size_t taken = 0;
  while (state_ == State::kOpen && taken < bytes.size()) {
    taken += Take(bytes.subspan(taken));
    Judge();
  }
  return taken;
}

// The first byte alone, since it tells which version has how much room.
std::size_t ProxyHeaderReader::Take(Bytes bytes) {
  Bytes usable = bytes.first(std::min(bytes.size(), bytes_.empty() ? 1 : room()));
  if (!binary()) {
    const auto end = std::ranges::find(usable, '\n');
    if (end != usable.end()) {
      usable = usable.first(static_cast<std::size_t>(end - usable.begin()) + 1);
    }
  }
  bytes_.insert(bytes_.end(), usable.begin(), usable.end());
  return usable.size();
}

void ProxyHeaderReader::Judge() {
  const Bytes line_start(reinterpret_cast<const std::uint8_t*>(kLineStart.data()),
                         kLineStart.size());
  if (!StartsAlike(bytes_, binary() ? Bytes(kSignature) : line_start)) {
    return Fail(ProxyFault::kNoHeader);
  }
  if (binary()) {
    if (bytes_.size() < kHead) return;
    if (const auto fault = FaultOfHead(bytes_)) return Fail(*fault);
    if (room() == 0) Complete();
    return;
  }
  if (bytes_.back() == '\n') return Complete();
  if (room() == 0) Fail(ProxyFault::kTooLong);
}

void ProxyHeaderReader::Fail(ProxyFault fault) {
  fault_ = fault;
  state_ = State::kBad;
}

void ProxyHeaderReader::Complete() {
  const auto parsed = ParseProxyHeader(bytes_);
  if (!parsed) return Fail(parsed.error());
  header_ = *parsed;
  state_ = State::kComplete;
}

}  // namespace postern::policy
