// SPDX-License-Identifier: BSD-2-Clause
// Reading and printing addresses: RFC 4291 section 2.2 text, RFC 5952 output, strict dotted quads.
//
// Pure and without inet_pton(3), so that every platform and every fuzzer reads the same language.
// A text that is not an address gives nullopt; address_word.cc says why.
#include "policy/address/ip_address.h"

#include <algorithm>
#include <cstddef>

#include "policy/address/decimal.h"

namespace postern::policy {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t kGroups = 8;

using Groups = std::array<std::uint16_t, kGroups>;

std::optional<std::uint32_t> ParseDottedQuad(std::string_view text) {
  std::uint32_t value = 0;
  for (int octet = 0; octet < 4; ++octet) {
    const std::size_t dot = text.find('.');
    if ((dot == std::string_view::npos) != (octet == 3)) return std::nullopt;
    const std::optional<std::uint32_t> number = ParseOctet(text.substr(0, dot));
    if (!number) return std::nullopt;
    value = value << 8 | *number;
    if (octet < 3) text.remove_prefix(dot + 1);
  }
  return value;
}

std::optional<std::uint16_t> ParseGroup(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    unsigned digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<unsigned>(c - 'a') + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<unsigned>(c - 'A') + 10;
    } else {
      return std::nullopt;
    }
    value = value << 4 | digit;
  }
  return static_cast<std::uint16_t>(value);
}

// Reads "g:g:…" into `groups` from the start and returns how many there were. A dotted quad may end
// the list where `quad_allowed`. The empty text is zero groups.
std::optional<std::size_t> ParseGroups(std::string_view text, bool quad_allowed, Groups& groups) {
  if (text.empty()) return 0;
  std::size_t count = 0;
  while (true) {
    const std::size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    const bool last = colon == std::string_view::npos;
    if (last && quad_allowed && part.contains('.')) {
      const std::optional<std::uint32_t> quad = ParseDottedQuad(part);
      if (!quad || count + 2 > kGroups) return std::nullopt;
      groups[count++] = static_cast<std::uint16_t>(*quad >> 16);
      groups[count++] = static_cast<std::uint16_t>(*quad & 0xffff);
      return count;
    }
    const std::optional<std::uint16_t> group = ParseGroup(part);
    if (!group || count == kGroups) return std::nullopt;
    groups[count++] = *group;
    if (last) return count;
    text.remove_prefix(colon + 1);
  }
}

IpAddress::Bytes16 ToBytes(const Groups& groups) {
  IpAddress::Bytes16 bytes{};
  for (std::size_t i = 0; i < kGroups; ++i) {
    bytes[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8);
    bytes[2 * i + 1] = static_cast<std::uint8_t>(groups[i] & 0xff);
  }
  return bytes;
}

std::optional<IpAddress::Bytes16> ParseV6(std::string_view text) {
  Groups groups{};
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    const std::optional<std::size_t> count = ParseGroups(text, true, groups);
    if (!count || *count != kGroups) return std::nullopt;
    return ToBytes(groups);
  }
  Groups tail{};
  const std::optional<std::size_t> before = ParseGroups(text.substr(0, gap), false, groups);
  const std::optional<std::size_t> after = ParseGroups(text.substr(gap + 2), true, tail);
  // "::" stands for one group or more.
  if (!before || !after || *before + *after >= kGroups) return std::nullopt;
  std::copy_n(tail.begin(), *after, groups.end() - static_cast<std::ptrdiff_t>(*after));
  return ToBytes(groups);
}

struct Run {
  std::size_t start = 0, length = 0;
};

// RFC 5952 4.2: the longest run of zero groups is shortened, the first of equals, never a single
// one.
Run LongestZeroRun(const Groups& groups) {
  Run best, current;
  for (std::size_t i = 0; i < kGroups; ++i) {
    if (groups[i] != 0) {
      current = {};
      continue;
    }
    if (current.length == 0) current.start = i;
    ++current.length;
    if (current.length > best.length) best = current;
  }
  return best.length >= 2 ? best : Run{};
}

void AppendHex(std::string& text, std::uint16_t group) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  int shift = 12;
  while (shift > 0 && (group >> shift) == 0) shift -= 4;
  for (; shift >= 0; shift -= 4) text += kDigits[(group >> shift) & 0xf];
}

std::string V6ToString(const IpAddress::Bytes16& bytes) {
  Groups groups{};
  for (std::size_t i = 0; i < kGroups; ++i) {
    groups[i] = static_cast<std::uint16_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  }
  const Run run = LongestZeroRun(groups);
  std::string text;
  for (std::size_t i = 0; i < kGroups; ++i) {
    if (run.length > 0 && i == run.start) {
      text += "::";
      i += run.length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    AppendHex(text, groups[i]);
  }
  return text;
}

}  // namespace

IpAddress IpAddress::FromV4(std::uint32_t host_order) {
  IpAddress address;
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), address.bytes_.begin());
  for (std::size_t i = 0; i < 4; ++i) {
    address.bytes_[12 + i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i) & 0xff);
  }
  address.is_v4_ = true;
  return address;
}

IpAddress IpAddress::FromV6(const Bytes16& network_order) {
  IpAddress address;
  address.bytes_ = network_order;
  address.is_v4_ = std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), network_order.begin());
  return address;
}

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  if (!text.contains(':')) {
    const std::optional<std::uint32_t> quad = ParseDottedQuad(text);
    return quad ? std::optional(FromV4(*quad)) : std::nullopt;
  }
  const std::optional<Bytes16> bytes = ParseV6(text);
  return bytes ? std::optional(FromV6(*bytes)) : std::nullopt;
}

std::uint32_t IpAddress::v4() const {
  std::uint32_t value = 0;
  for (std::size_t i = 12; i < 16; ++i) value = value << 8 | bytes_[i];
  return value;
}

IpAddress IpAddress::Source() const {
  if (is_v4_) return *this;
  Bytes16 network = bytes_;
  std::fill(network.begin() + 8, network.end(), std::uint8_t{0});
  return FromV6(network);
}

std::string IpAddress::ToString() const {
  if (!is_v4_) return V6ToString(bytes_);
  std::string text;
  for (std::size_t i = 12; i < 16; ++i) {
    if (i > 12) text += '.';
    text += std::to_string(bytes_[i]);
  }
  return text;
}

}  // namespace postern::policy
