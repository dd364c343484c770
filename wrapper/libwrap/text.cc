// SPDX-License-Identifier: BSD-2-Clause
// xgets, split_at, dot_quad_addr, cidr_mask_addr: the small change of programs that read access
// files themselves.
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string_view>

#include "policy/address/numbers_and_dots.h"
#include "wrapper/libwrap/abi.h"

namespace {

constexpr std::string_view kBlanks = " \t\n\v\f\r";

unsigned long NetworkOrder(std::uint32_t address) {
  return std::endian::native == std::endian::little ? std::byteswap(address) : address;
}

// "1..2.3" has three.
int RunsBetweenDots(std::string_view text) {
  int runs = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '.' && (i == 0 || text[i - 1] == '.')) ++runs;
  }
  return runs;
}

// As atoi(3): blanks, a sign, and as many digits as there are; 0 without any.
long LeadingNumber(std::string_view text) {
  const std::size_t start = text.find_first_not_of(kBlanks);
  if (start == std::string_view::npos) return 0;
  text.remove_prefix(start);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  long number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

extern "C" char* xgets(char* buffer, int size, FILE* file) noexcept {
  char* end = buffer;
  int left = size;
  while (left > 1 && std::fgets(end, left, file) != nullptr) {
    const std::size_t got = std::strlen(end);
    if (got == 0 || end[got - 1] != '\n') return buffer;
    ++tcpd_context.line;
    const bool continued = got >= 2 && end[got - 2] == '\\';
    if (!continued) return buffer;
    end += got - 2;
    left -= static_cast<int>(got) - 2;
    *end = '\0';
  }
  return end > buffer ? buffer : nullptr;
}

extern "C" char* split_at(char* text, int delimiter) noexcept {
  int depth = 0;
  for (char* at = text; *at != '\0'; ++at) {
    if (depth == 0 && *at == static_cast<char>(delimiter)) {
      *at = '\0';
      return at + 1;
    }
    if (*at == '[') ++depth;
    if (*at == ']') --depth;
  }
  return nullptr;
}

extern "C" unsigned long dot_quad_addr(char* text) noexcept {
  std::string_view quad = text;
  if (RunsBetweenDots(quad) != 4) return INADDR_NONE;
  quad = quad.substr(0, quad.find_first_of(kBlanks));
  const auto address = postern::policy::ParseNumbersAndDots(quad);
  return address ? NetworkOrder(*address) : INADDR_NONE;
}

extern "C" unsigned long cidr_mask_addr(char* text) noexcept {
  const long length = LeadingNumber(text);
  if (length < 1 || length > 32) return 0;
  return NetworkOrder(~std::uint32_t{0} << static_cast<unsigned>(32 - length));
}
