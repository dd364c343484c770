// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/libwrap/ip_header_options.h"

#include <string_view>

namespace postern::wrapper::libwrap {
namespace {

constexpr std::uint8_t kEnd = 0, kNoOperation = 1, kLooseRoute = 131, kStrictRoute = 137;

}  // namespace

bool HasSourceRoute(std::span<const std::uint8_t> options) {
  while (!options.empty()) {
    const std::uint8_t kind = options[0];
    if (kind == kEnd) return false;
    if (kind == kLooseRoute || kind == kStrictRoute) return true;
    std::size_t length = 1;
    if (kind != kNoOperation) {
      length = options.size() > 1 ? options[1] : 0;
      if (length < 2 || length > options.size()) return true;
    }
    options = options.subspan(length);
  }
  return false;
}

std::string HexText(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += ' ';
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

}  // namespace postern::wrapper::libwrap
