// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hosts/libc_numbers.h"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "policy/address/numbers_and_dots.h"
#include "policy/base/text.h"

namespace postern::policy::hosts {
namespace {

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
