// SPDX-License-Identifier: BSD-2-Clause
// inet_aton(3) for messages: what xinetd takes "127.1", "0x7f.1" and "010.0.0.1" for.
#include "policy/address/numbers_and_dots.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <system_error>

#include "policy/address/decimal.h"
#include "policy/base/text.h"

namespace postern::policy {
namespace {

// One part, with the base its first characters announce.
std::optional<std::uint32_t> ParsePart(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text.front() == '0') {
    base = 8;
  }
  std::uint32_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

// Without the "." or ".*" that ends prefixes in other configuration languages.
std::string_view WithoutOpenEnd(std::string_view text) {
  if (text.ends_with(".*")) return text.substr(0, text.size() - 2);
  if (text.ends_with('.')) return text.substr(0, text.size() - 1);
  return text;
}

}  // namespace

bool IsNumbersAndDots(std::string_view text) {
  const std::string_view closed = WithoutOpenEnd(text);
  const std::string_view last = closed.substr(closed.rfind('.') + 1);
  if (IsAllDigits(last)) return true;
  return (last.starts_with("0x") || last.starts_with("0X")) && ParsePart(last).has_value();
}

std::optional<std::uint32_t> ParseNumbersAndDots(std::string_view text) {
  std::array<std::uint32_t, 4> parts{};
  std::size_t count = 0;
  while (true) {
    const std::size_t dot = text.find('.');
    const std::optional<std::uint32_t> part = ParsePart(text.substr(0, dot));
    if (!part || count == parts.size()) return std::nullopt;
    parts[count++] = *part;
    if (dot == std::string_view::npos) break;
    text.remove_prefix(dot + 1);
  }
  // inet_aton(3): all parts but the last are one octet each, the last fills what is left.
  std::uint32_t address = 0;
  for (std::size_t i = 0; i + 1 < count; ++i) {
    if (parts[i] > 255) return std::nullopt;
    address |= parts[i] << (24 - 8 * i);
  }
  const std::uint32_t last = parts[count - 1];
  if (last > 0xffffffffu >> (8 * (count - 1))) return std::nullopt;
  return address | last;
}

std::string PrefixOfOctets(std::string_view text) {
  std::string_view rest = WithoutOpenEnd(text);
  std::string block;
  int octets = 0;
  while (true) {
    const std::size_t dot = rest.find('.');
    const std::optional<std::uint32_t> octet = ParseOctet(rest.substr(0, dot));
    if (!octet || octets == 3) return {};
    block += std::to_string(*octet) + '.';
    ++octets;
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  for (int i = octets; i < 4; ++i) block += i == 3 ? "0" : "0.";
  return block + '/' + std::to_string(octets * 8);
}

}  // namespace postern::policy
