// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hosts/libc_numbers.h"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "policy/address/numbers_and_dots.h"
#include "policy/base/text.h"

namespace postern::policy::hosts {
namespace {

constexpr std::uint64_t kMaxU64 = std::numeric_limits<std::uint64_t>::max();

struct Scanned {
  bool negative = false;
  bool digits = false;
  std::uint64_t value = 0;  // the largest one when it does not fit
  std::string_view rest;
};

Scanned Scan(std::string_view text) {
  Scanned scanned;
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  if (text.starts_with('+') || text.starts_with('-')) {
    scanned.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    const auto digit = static_cast<unsigned>(text.front() - '0');
    const bool fits = scanned.value <= (kMaxU64 - digit) / 10;
    scanned.value = fits ? scanned.value * 10 + digit : kMaxU64;
    scanned.digits = true;
    text.remove_prefix(1);
  }
  scanned.rest = text;
  return scanned;
}

int RunsBetweenDots(std::string_view text) {
  int runs = 0;
  char before = '.';
  for (const char c : text) {
    if (c != '.' && before == '.') ++runs;
    before = c;
  }
  return runs;
}

// Link-local unicast and link-local multicast: where a zone may be the name of an interface.
bool IsLinkLocal(const policy::IpAddress::Bytes16& bytes) {
  if (bytes[0] == 0xff) return (bytes[1] & 0x0f) == 2;
  return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}

bool IsZone(std::string_view zone, const policy::IpAddress::Bytes16& bytes) {
  constexpr std::size_t kMaxInterfaceName = 15;
  if (policy::ParseUnsigned(zone, std::numeric_limits<std::uint32_t>::max())) return true;
  const bool number = zone.find_first_not_of("0123456789") == std::string_view::npos;
  return IsLinkLocal(bytes) && !number && zone.size() <= kMaxInterfaceName;
}

}  // namespace

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::optional<std::uint32_t> ParseDottedQuad(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '9' || RunsBetweenDots(text) != 4) {
    return std::nullopt;
  }
  const auto blank = std::ranges::find_if(text, IsSpace);
  text = text.substr(0, static_cast<std::size_t>(blank - text.begin()));
  const std::optional<std::uint32_t> value = policy::ParseNumbersAndDots(text);
  if (value == 0xffffffffu) return std::nullopt;
  return value;
}

int LeadingInt(std::string_view text) {
  const Scanned scanned = Scan(text);
  // strtol(3) stops at the ends of a long; the lower half of that becomes the int.
  constexpr std::uint64_t kLongMax = std::numeric_limits<std::int64_t>::max();
  const std::uint64_t magnitude =
      std::min(scanned.value, scanned.negative ? kLongMax + 1 : kLongMax);
  const std::uint64_t bits = scanned.negative ? 0 - magnitude : magnitude;
  return static_cast<int>(static_cast<std::uint32_t>(bits));
}

std::optional<std::uint32_t> ScanUnsigned(std::string_view text) {
  const Scanned scanned = Scan(text);
  if (!scanned.digits || !scanned.rest.empty()) return std::nullopt;
  // strtoul(3): an overflow is the largest value whatever the sign.
  const bool negate = scanned.negative && scanned.value != kMaxU64;
  return static_cast<std::uint32_t>(negate ? 0 - scanned.value : scanned.value);
}

std::optional<policy::IpAddress::Bytes16> ParseNumericIpv6(std::string_view text) {
  const std::size_t percent = text.find('%');
  const std::string_view address_text = text.substr(0, percent);
  if (!address_text.contains(':')) return std::nullopt;
  const std::optional<policy::IpAddress> address = policy::IpAddress::Parse(address_text);
  if (!address) return std::nullopt;
  const bool zoned = percent != std::string_view::npos;
  if (zoned && !IsZone(text.substr(percent + 1), address->bytes())) return std::nullopt;
  return address->bytes();
}

std::string_view InterfaceIn(std::string_view ipv6_text) {
  const std::size_t percent = ipv6_text.find('%');
  if (percent == std::string_view::npos || !ParseNumericIpv6(ipv6_text)) return {};
  const std::string_view zone = ipv6_text.substr(percent + 1);
  return policy::IsAllDigits(zone) ? std::string_view() : zone;
}

}  // namespace postern::policy::hosts
