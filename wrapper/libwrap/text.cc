// SPDX-License-Identifier: BSD-2-Clause
// xgets, split_at, dot_quad_addr, cidr_mask_addr: the small change of programs that read access
// files themselves.
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "policy/hosts/libc_numbers.h"
#include "policy/hosts/scan_number.h"
#include "wrapper/libwrap/abi.h"

namespace {

namespace hosts = postern::policy::hosts;

unsigned long NetworkOrder(std::uint32_t address) {
  return std::endian::native == std::endian::little ? std::byteswap(address) : address;
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
  const auto address = hosts::ParseDottedQuad(text);
  return address ? NetworkOrder(*address) : INADDR_NONE;
}

extern "C" unsigned long cidr_mask_addr(char* text) noexcept {
  const int length = hosts::LeadingInt(text);
  if (length < 1 || length > 32) return 0;
  return NetworkOrder(~std::uint32_t{0} << static_cast<unsigned>(32 - length));
}
