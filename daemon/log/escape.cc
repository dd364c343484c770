// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/log/escape.h"

#include <cstddef>
#include <cstdint>

namespace postern::daemon {
namespace {

bool IsPlainAscii(unsigned char c) { return c >= 0x20 && c < 0x7f && c != '\\'; }

void AppendHex(std::string& out, unsigned char c) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  out += "\\x";
  out += kDigits[c >> 4];
  out += kDigits[c & 0xf];
}

// How many bytes the first byte of a UTF-8 sequence announces; 0 when it cannot start one.
std::size_t AnnouncedLength(unsigned char first) {
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;
  return 0;
}

// Characters that are valid and still must not reach a terminal: C1 controls (0x9b is CSI), and the
// marks that end a line or turn its direction (Unicode Standard Annex 9).
bool IsHarmful(std::uint32_t code_point) {
  return code_point < 0xa0 || code_point == 0x061c || code_point == 0x200e ||
         code_point == 0x200f || (code_point >= 0x2028 && code_point <= 0x202e) ||
         (code_point >= 0x2066 && code_point <= 0x2069);
}

// The length of the multi-byte character `text` starts with; 0 when it is malformed (RFC 3629:
// overlong, a surrogate, beyond U+10FFFF, cut short) or harmful.
std::size_t HarmlessCharacter(std::string_view text) {
  constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t length = AnnouncedLength(first);
  if (length == 0 || text.size() < length) return 0;
  std::uint32_t code_point = first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return 0;
    code_point = (code_point << 6) | (next & 0x3fU);
  }
  const bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
  if (code_point < kSmallest[length] || code_point > 0x10ffff || surrogate) return 0;
  return IsHarmful(code_point) ? 0 : length;
}

}  // namespace

void AppendEscaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && IsPlainAscii(static_cast<unsigned char>(text[plain]))) ++plain;
    if (plain == 0) plain = HarmlessCharacter(text);
    if (plain == 0) {
      AppendHex(out, static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
      continue;
    }
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
  }
}

std::string EscapeForLog(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  AppendEscaped(escaped, text);
  return escaped;
}

}  // namespace postern::daemon
