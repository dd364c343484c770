// SPDX-License-Identifier: BSD-2-Clause
// One reading of sign and digits, then what strtol(3) and strtoul(3) make of too large ones.
#include "policy/hosts/scan_number.h"

#include <algorithm>
#include <limits>

#include "policy/base/text.h"

namespace postern::policy::hosts {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

struct Scanned {
  bool negative = false;
  bool digits = false;    // there is at least one
  bool overflow = false;  // `value` is then the largest one
  std::uint64_t value = 0;
  std::string_view rest;

  bool IsWhole() const { return digits && rest.empty(); }
};

Scanned Scan(std::string_view text, unsigned base) {
  Scanned scanned;
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  if (text.starts_with('+') || text.starts_with('-')) {
    scanned.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  for (; !text.empty(); text.remove_prefix(1)) {
    const auto digit = static_cast<unsigned>(text.front()) - unsigned{'0'};
    if (digit >= base) break;
    scanned.overflow |= scanned.value > (kMax - digit) / base;
    scanned.value = scanned.overflow ? kMax : scanned.value * base + digit;
    scanned.digits = true;
  }
  scanned.rest = text;
  return scanned;
}

// strtol(3) stops at the ends of a long; the lower half of that becomes the int.
int ToInt(const Scanned& scanned) {
  constexpr std::uint64_t kLongMax = std::numeric_limits<std::int64_t>::max();
  const std::uint64_t magnitude =
      std::min(scanned.value, scanned.negative ? kLongMax + 1 : kLongMax);
  const std::uint64_t bits = scanned.negative ? 0 - magnitude : magnitude;
  return static_cast<int>(static_cast<std::uint32_t>(bits));
}

// strtoul(3): an overflow is the largest value whatever the sign, else a minus sign negates.
std::uint32_t ToUnsigned(const Scanned& scanned) {
  const bool negate = scanned.negative && !scanned.overflow;
  return static_cast<std::uint32_t>(negate ? 0 - scanned.value : scanned.value);
}

std::optional<std::uint32_t> ScanUnsigned(std::string_view text, unsigned base) {
  const Scanned scanned = Scan(text, base);
  return scanned.IsWhole() ? std::optional(ToUnsigned(scanned)) : std::nullopt;
}

}  // namespace

std::optional<int> ScanInt(std::string_view text) {
  const Scanned scanned = Scan(text, 10);
  return scanned.IsWhole() ? std::optional(ToInt(scanned)) : std::nullopt;
}

std::optional<std::uint32_t> ScanUnsigned(std::string_view text) { return ScanUnsigned(text, 10); }

std::optional<std::uint32_t> ScanOctal(std::string_view text) { return ScanUnsigned(text, 8); }

int LeadingInt(std::string_view text) { return ToInt(Scan(text, 10)); }

}  // namespace postern::policy::hosts
