// SPDX-License-Identifier: BSD-2-Clause
// Small text tools for parsers; see text.h. Nothing here allocates without need or can fail loudly.
#include "policy/base/text.h"

#include <algorithm>
#include <charconv>

namespace postern::policy {

char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string ToLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = ToLower(c);
  return lower;
}

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return ToLower(x) == ToLower(y); });
}

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string_view Trimmed(std::string_view text) {
  const auto begin = std::ranges::find_if_not(text, IsSpace);
  auto end = text.end();
  while (end != begin && IsSpace(*(end - 1))) --end;
  return {begin, end};
}

bool IsPrintable(std::string_view text) {
  return std::ranges::all_of(text, [](char byte) { return byte >= 0x20 && byte <= 0x7e; });
}

bool IsAllDigits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::uint64_t> ParseUnsigned(std::string_view text, std::uint64_t max) {
  if (!IsAllDigits(text)) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value > max) return std::nullopt;
  return value;
}

std::optional<std::int64_t> ParseSigned(std::string_view text, std::int64_t min, std::int64_t max) {
  std::string_view digits = text;
  if (digits.starts_with('+') || digits.starts_with('-')) digits.remove_prefix(1);
  if (!IsAllDigits(digits)) return std::nullopt;
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value < min || value > max) return std::nullopt;
  return value;
}

std::string HexText(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    text += {kDigits[value >> 4U], kDigits[value & 15U]};
  }
  return text;
}

std::string_view Basename(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view VariableName(std::string_view word) { return word.substr(0, word.find('=')); }

}  // namespace postern::policy
